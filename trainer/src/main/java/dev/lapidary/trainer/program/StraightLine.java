package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The body of a method from one tensor to one tensor, a step a line: a call inside a call's
 * arguments, as tracing nests them, gets a line of its own before it, in the order of evaluation.
 *
 * @param parameter the name of the tensor that comes in
 * @param lines the last one returns a variable
 */
record StraightLine(String parameter, List<Line> lines) {
  private static final Set<String> TAKE_TYPES =
      Set.of("annotate", "unchecked_cast", "uninitialized", "getattr", "isinstance");

  /**
   * @param text without the first line's indentation
   */
  record Line(String text, Statement statement) {}

  /** Empty if the method has another form, or returns anywhere but at its end. */
  static Optional<StraightLine> of(Function method, String source) {
    boolean tensors =
        method.parameters().size() == 2
            && isTensor(method.parameters().get(1).type())
            && isTensor(method.returns());
    List<Statement> body = method.body();
    if (!tensors || body.isEmpty() || !returnsAtItsEnd(body)) {
      return Optional.empty();
    }
    Splitter splitter = new Splitter(source);
    for (int i = 0; i < body.size(); i++) {
      Optional<Statement> next =
          i + 1 < body.size() ? Optional.of(body.get(i + 1)) : Optional.empty();
      splitter.add(body.get(i), next);
    }
    return Optional.of(
        new StraightLine(method.parameters().get(1).name(), List.copyOf(splitter.lines)));
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
    private final String source;
    private final List<Integer> lineStarts = new ArrayList<>(List.of(0));
    private final List<Line> lines = new ArrayList<>();
    private int names;

    Splitter(String source) {
      this.source = source;
      for (int i = source.indexOf('\n'); i >= 0; i = source.indexOf('\n', i + 1)) {
        lineStarts.add(i + 1);
      }
    }

    void add(Statement statement, Optional<Statement> next) {
      int start = offset(statement.at());
      int end = next.map(n -> offset(n.at())).orElseGet(() -> endOfBlock(start));
      String text = source.substring(start, end).stripTrailing();
      Optional<Call> call = value(statement).flatMap(v -> whole(v, start + text.length()));
      if (call.isEmpty()) {
        lines.add(new Line(text, statement));
        return;
      }
      Flat flat = flatten(call.get(), offset(call.get().at()), start + text.length());
      if (statement instanceof Statement.Assign assign) {
        Statement changed =
            new Statement.Assign(assign.at(), assign.targets(), assign.unpack(), flat.call());
        lines.add(
            new Line(source.substring(start, offset(call.get().at())) + flat.text(), changed));
      } else {
        Name result = define(flat);
        lines.add(
            new Line(
                "return " + result.id(),
                new Statement.Return(statement.at(), Optional.of(result))));
      }
    }

    private static Optional<Expression> value(Statement statement) {
      if (statement instanceof Statement.Assign assign) {
        return Optional.of(assign.value());
      }
      return statement instanceof Statement.Return returned ? returned.value() : Optional.empty();
    }

    /** A call that is all of the text up to {@code end}. */
    private Optional<Call> whole(Expression value, int end) {
      return value instanceof Call call && endOfArgument(offset(call.at()), end) == end
          ? Optional.of(call)
          : Optional.empty();
    }

    private record Flat(Call call, String text) {}

    private Flat flatten(Call call, int start, int end) {
      StringBuilder text = new StringBuilder();
      List<Expression> arguments = new ArrayList<>();
      int done = start;
      boolean inOrder = isPure(call.function());
      for (Expression argument : call.arguments()) {
        if (inOrder && argument instanceof Call inner && isValue(inner)) {
          int from = offset(inner.at());
          int to = endOfArgument(from, end);
          Name name = define(flatten(inner, from, to));
          text.append(source, done, from).append(name.id());
          arguments.add(name);
          done = to;
        } else {
          inOrder &= isPure(argument);
          arguments.add(argument);
        }
      }
      text.append(source, done, end);
      return new Flat(
          new Call(call.at(), call.function(), arguments, call.keywords()), text.toString());
    }

    private Name define(Flat flat) {
      String free = "step_" + names++;
      while (source.contains(free)) {
        free = "step_" + names++;
      }
      Name name = new Name(flat.call().at(), free);
      lines.add(
          new Line(
              free + " = " + flat.text(),
              new Statement.Assign(name.at(), List.of(name), false, flat.call())));
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

    private int offset(SourceLocation at) {
      return lineStarts.get(at.line() - 1) + at.column() - 1;
    }

    /** Where the next comma or closing bracket stands that belongs to what is around. */
    private int endOfArgument(int start, int limit) {
      int depth = 0;
      for (int i = start; i < limit; i++) {
        char c = source.charAt(i);
        if (c == '"' || c == '\'') {
          i = endOfString(i, limit);
        } else if (c == '(' || c == '[' || c == '{') {
          depth++;
        } else if (depth == 0 && (c == ',' || c == ')' || c == ']' || c == '}')) {
          return i;
        } else if (c == ')' || c == ']' || c == '}') {
          depth--;
        }
      }
      return limit;
    }

    private int endOfString(int start, int limit) {
      int i = start + 1;
      while (i < limit && source.charAt(i) != source.charAt(start)) {
        i += source.charAt(i) == '\\' ? 2 : 1;
      }
      return i;
    }

    /** The last statement goes on as long as lines are indented deeper than it. */
    private int endOfBlock(int start) {
      int indent = start - (source.lastIndexOf('\n', start) + 1);
      int end = source.indexOf('\n', start);
      while (end >= 0) {
        int next = source.indexOf('\n', end + 1);
        String line = source.substring(end + 1, next < 0 ? source.length() : next);
        if (line.isBlank() || line.length() - line.stripLeading().length() <= indent) {
          return end;
        }
        end = next;
      }
      return source.length();
    }
  }
}
