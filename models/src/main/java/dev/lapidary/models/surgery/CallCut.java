package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.Expression.Subscript;
import dev.lapidary.torchscript.script.Expression.TupleOf;
import dev.lapidary.torchscript.script.SourceEdit;
import dev.lapidary.torchscript.script.SourceFile;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import dev.lapidary.torchscript.trace.call.Schemas;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Cuts calls out of a file: an exception is raised before the statement of each, and where it stood
 * is {@code uninitialized(T)}, libtorch's word for a value that is never read.
 */
final class CallCut {
  private static final Map<String, String> TYPES =
      Map.of("int", "int", "SymInt", "int", "float", "float", "bool", "bool", "str", "str");

  private final SourceFile file;
  private final Predicate<Call> unknown;
  private final String raised;
  private final SourceEdit edit;

  private CallCut(SourceFile file, Predicate<Call> unknown, String raised) {
    this.file = file;
    this.unknown = unknown;
    this.raised = raised;
    this.edit = new SourceEdit(file);
  }

  /**
   * @param raised what the exceptions say before the operator's name
   * @return the text; as it was, where no statement can be put before the call's
   */
  static String of(SourceFile file, Predicate<Call> unknown, String raised) {
    CallCut cut = new CallCut(file, unknown, raised);
    for (Definition definition : file.definitions().values()) {
      if (definition instanceof Function function) {
        cut.function(function);
      } else if (definition instanceof ClassDef type) {
        type.methods().values().forEach(cut::function);
      }
    }
    return cut.edit.apply();
  }

  private void function(Function function) {
    Syntax.walk(
        function.body(),
        statement -> {
          if (!file.text(statement).startsWith("elif")) {
            for (Expression expression : Syntax.expressions(statement)) {
              expression(expression, statement, function);
            }
          }
        });
  }

  /** Not what is inside a call that is cut. */
  private void expression(Expression expression, Statement statement, Function function) {
    if (!(expression instanceof Call call) || !unknown.test(call)) {
      expression.parts().forEach(part -> expression(part, statement, function));
      return;
    }
    SourceLocation at = call.at();
    Expression words = new Expression.Text(at, raised + CallSite.operator(call));
    Call raise =
        new Call(at, Expression.dotted(at, "ops.prim.RaiseException"), List.of(words), List.of());
    edit.before(statement, List.of(new Statement.Evaluate(at, raise)));
    Expression type = type(call, statement, function);
    edit.replace(call, new Call(at, new Name(at, "uninitialized"), List.of(type), List.of()));
  }

  /** As the text says it, or the operator's schema; else it is taken for a tensor. */
  private static Expression type(Call call, Statement statement, Function function) {
    if (statement instanceof Statement.Assign assign && assign.value() == call) {
      if (assign.type().isPresent()) {
        return assign.type().get();
      }
      if (assign.unpack()) {
        return tuple(call.at(), Collections.nCopies(assign.targets().size(), "Tensor"));
      }
    }
    if (statement instanceof Statement.Return returned
        && returned.value().filter(value -> value == call).isPresent()
        && function.returns().isPresent()) {
      return function.returns().get();
    }
    return Optional.ofNullable(Schemas.all().get(CallSite.operator(call)))
        .map(overloads -> type(call.at(), overloads.get(0)))
        .orElseGet(() -> new Name(call.at(), "Tensor"));
  }

  private static Expression type(SourceLocation at, Schema schema) {
    List<String> returns = schema.returns();
    return returns.size() == 1 ? type(at, returns.get(0)) : tuple(at, returns);
  }

  private static Expression type(SourceLocation at, String type) {
    if (type.endsWith("[]")) {
      Expression element = type(at, type.substring(0, type.length() - 2));
      return new Subscript(at, new Name(at, "List"), element);
    }
    return new Name(at, TYPES.getOrDefault(type, "Tensor"));
  }

  private static Expression tuple(SourceLocation at, List<String> types) {
    List<Expression> items =
        types.stream().map(type -> type(at, type)).collect(Collectors.toList());
    return new Subscript(at, new Name(at, "Tuple"), new TupleOf(at, items));
  }
}
