package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Definition.Parameter;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The body of a method from one tensor to one tensor, a step a statement: a call inside a call's
 * arguments, as tracing nests them, gets a statement of its own before it, in the order of
 * evaluation.
 *
 * @param self the name of the module
 * @param parameter the name of the tensor that comes in
 * @param statements the last one returns a variable
 */
record StraightLine(String self, String parameter, List<Statement> statements) {
  private static final Set<String> TAKE_TYPES =
      Set.of("annotate", "unchecked_cast", "uninitialized", "getattr", "isinstance");

  /** Empty if the method has another form, or returns anywhere but at its end. */
  static Optional<StraightLine> of(Function method) {
    List<Parameter> parameters = method.parameters();
    boolean tensors =
        parameters.size() == 2 && isTensor(parameters.get(1).type()) && isTensor(method.returns());
    List<Statement> body = method.body();
    if (!tensors || body.isEmpty() || !returnsAtItsEnd(body)) {
      return Optional.empty();
    }
    Splitter splitter = new Splitter(method);
    body.forEach(splitter::add);
    return Optional.of(
        new StraightLine(
            parameters.get(0).name(), parameters.get(1).name(), List.copyOf(splitter.statements)));
  }

  static boolean isTensor(Optional<Expression> type) {
    return type.flatMap(Expression::dottedName).filter("Tensor"::equals).isPresent();
  }

  private static boolean returnsAtItsEnd(List<Statement> body) {
    Statement last = body.get(body.size() - 1);
    boolean value = last instanceof Statement.Return returned && returned.value().isPresent();
    return value && body.subList(0, body.size() - 1).stream().noneMatch(StraightLine::returns);
  }

  private static boolean returns(Statement statement) {
    return statement instanceof Statement.Return
        || statement.inner().stream().anyMatch(StraightLine::returns);
  }

  private static final class Splitter {
    private final Set<String> taken = new HashSet<>();
    private final List<Statement> statements = new ArrayList<>();
    private int names;

    Splitter(Function method) {
      method.parameters().forEach(parameter -> taken.add(parameter.name()));
      for (Statement statement : method.body()) {
        taken.addAll(Syntax.reads(statement));
        taken.addAll(Syntax.writes(statement));
      }
    }

    void add(Statement statement) {
      if (statement instanceof Statement.Assign assign && assign.value() instanceof Call call) {
        Call flat = flatten(call);
        statements.add(
            flat.equals(call)
                ? assign
                : new Statement.Assign(
                    assign.at(), assign.targets(), assign.unpack(), assign.type(), flat));
      } else if (statement instanceof Statement.Return returned
          && returned.value().orElseThrow() instanceof Call call) {
        Name result = define(flatten(call));
        statements.add(new Statement.Return(statement.at(), Optional.of(result)));
      } else {
        statements.add(statement);
      }
    }

    /** The same call if there is none inside it. */
    private Call flatten(Call call) {
      List<Expression> arguments = new ArrayList<>();
      boolean inOrder = isPure(call.function());
      for (Expression argument : call.arguments()) {
        if (inOrder && argument instanceof Call inner && isValue(inner)) {
          arguments.add(define(flatten(inner)));
        } else {
          inOrder &= isPure(argument);
          arguments.add(argument);
        }
      }
      return arguments.equals(call.arguments())
          ? call
          : new Call(call.at(), call.function(), arguments, call.keywords());
    }

    private Name define(Call call) {
      String free = "step_" + names++;
      while (taken.contains(free)) {
        free = "step_" + names++;
      }
      Name name = new Name(call.at(), free);
      statements.add(new Statement.Assign(name.at(), List.of(name), false, Optional.empty(), call));
      return name;
    }

    private static boolean isValue(Call call) {
      return !(call.function() instanceof Name name && TAKE_TYPES.contains(name.id()));
    }

    private static boolean isPure(Expression expression) {
      boolean[] pure = {true};
      Syntax.walk(
          expression,
          part -> {
            boolean looksUp =
                part instanceof Call call
                    && call.function() instanceof Name name
                    && name.id().equals("getattr");
            pure[0] &= !(part instanceof Call) || looksUp;
          });
      return pure[0];
    }
  }
}
