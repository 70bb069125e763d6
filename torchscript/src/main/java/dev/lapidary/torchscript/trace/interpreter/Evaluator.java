package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.trace.builtin.DictBuiltins;
import dev.lapidary.torchscript.trace.builtin.ListBuiltins;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Scalars;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Evaluates expressions; calls are in {@link Calls}. */
final class Evaluator {
  /** Operators of the text and the aten operators that they are. */
  private static final Map<String, String> OPERATORS =
      Map.ofEntries(
          Map.entry("+", "add"),
          Map.entry("-", "sub"),
          Map.entry("*", "mul"),
          Map.entry("/", "div"),
          Map.entry("//", "floordiv"),
          Map.entry("%", "remainder"),
          Map.entry("**", "pow"),
          Map.entry("==", "eq"),
          Map.entry("!=", "ne"),
          Map.entry("<", "lt"),
          Map.entry("<=", "le"),
          Map.entry(">", "gt"),
          Map.entry(">=", "ge"),
          Map.entry("&", "__and__"),
          Map.entry("|", "__or__"),
          Map.entry("is", "__is__"),
          Map.entry("is not", "__isnot__"));

  private final Names names;
  private final Dispatcher dispatcher;
  private final Interpreter interpreter;
  private final Calls calls;

  Evaluator(Interpreter interpreter, Names names, Dispatcher dispatcher) {
    this.names = names;
    this.dispatcher = dispatcher;
    this.interpreter = interpreter;
    this.calls = new Calls(interpreter, this, names, dispatcher);
  }

  Datum evaluate(Expression expression, Interpreter.Frame frame) {
    Budget budget = dispatcher.budget();
    budget.enter();
    Datum value = value(expression, frame);
    budget.leave();
    return value;
  }

  private Datum value(Expression expression, Interpreter.Frame frame) {
    if (expression instanceof Expression.Name name) {
      return variable(name, frame);
    }
    if (expression instanceof Expression.Call call) {
      return call(call, frame);
    }
    if (expression instanceof Expression.Attribute attribute) {
      return attribute(attribute, frame);
    }
    Optional<Datum> literal = literal(expression);
    if (literal.isPresent()) {
      return literal.get();
    }
    if (expression instanceof Expression.ListOf list) {
      dispatcher.budget().length(list.items().size());
      return new Datum.ListOf(evaluate(list.items(), frame));
    }
    if (expression instanceof Expression.TupleOf tuple) {
      dispatcher.budget().length(tuple.items().size());
      return Datum.TupleOf.of(evaluate(tuple.items(), frame));
    }
    if (expression instanceof Expression.Subscript subscript) {
      return subscript(subscript, frame);
    }
    if (expression instanceof Expression.DictOf dict) {
      return dict(dict, frame);
    }
    return operation(expression, frame);
  }

  private Datum operation(Expression expression, Interpreter.Frame frame) {
    if (expression instanceof Expression.Unary unary) {
      if (unary.operator().equals("not")) {
        return new Datum.Bool(!condition(unary.operand(), frame));
      }
      Datum operand = evaluate(unary.operand(), frame);
      return unary.operator().equals("+") ? operand : operator("neg", operand);
    }
    if (expression instanceof Expression.Binary binary) {
      return binary(binary, frame);
    }
    if (expression instanceof Expression.Conditional choice) {
      return evaluate(
          condition(choice.condition(), frame) ? choice.then() : choice.otherwise(), frame);
    }
    if (expression instanceof Expression.Comprehension comprehension) {
      List<Datum> results = new ArrayList<>();
      for (Datum item : items(comprehension.items(), frame)) {
        dispatcher.budget().step();
        dispatcher.budget().length(1);
        frame.set(((Expression.Name) comprehension.variable()).id(), item);
        results.add(evaluate(comprehension.element(), frame));
      }
      return new Datum.ListOf(results);
    }
    throw Refusal.unsupported("this expression cannot be evaluated");
  }

  private Datum binary(Expression.Binary binary, Interpreter.Frame frame) {
    boolean and = binary.operator().equals("and");
    if (and || binary.operator().equals("or")) {
      boolean first = condition(binary.left(), frame);
      return first == and ? evaluate(binary.right(), frame) : new Datum.Bool(first);
    }
    Datum left = evaluate(binary.left(), frame);
    Datum right = evaluate(binary.right(), frame);
    return switch (binary.operator()) {
      case "in" -> operator("__contains__", right, left);
      case "not in" -> operator("__not__", operator("__contains__", right, left));
      default -> {
        String name = OPERATORS.get(binary.operator());
        if (name == null) {
          throw Refusal.unsupported("the operator %s", binary.operator());
        }
        yield operator(name, left, right);
      }
    };
  }

  private Datum operator(String name, Datum... arguments) {
    return calls.operator("aten::" + name, List.of(arguments), Map.of());
  }

  List<Datum> evaluate(List<Expression> expressions, Interpreter.Frame frame) {
    List<Datum> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, frame));
    }
    return values;
  }

  /** A value that needs nothing to be evaluated. */
  static Optional<Datum> literal(Expression expression) {
    if (expression instanceof Expression.Int i) {
      return Optional.of(new Datum.Int(Dim.of(i.value())));
    }
    if (expression instanceof Expression.Real real) {
      return Optional.of(new Datum.Real(real.value()));
    }
    if (expression instanceof Expression.Text text) {
      return Optional.of(new Datum.Str(text.value()));
    }
    if (expression instanceof Expression.Bool bool) {
      return Optional.of(new Datum.Bool(bool.value()));
    }
    return expression instanceof Expression.None ? Optional.of(Datum.None.NONE) : Optional.empty();
  }

  private static Datum variable(Expression.Name name, Interpreter.Frame frame) {
    Datum value = frame.get(name.id());
    if (value != null) {
      return value;
    }
    return switch (name.id()) {
      case "inf" -> new Datum.Real(Double.POSITIVE_INFINITY);
      case "nan" -> new Datum.Real(Double.NaN);
      default -> throw Refusal.wrong("the name %s is not defined", name.id());
    };
  }

  private Datum attribute(Expression.Attribute attribute, Interpreter.Frame frame) {
    String qualified = qualifiedName(attribute, frame);
    if (qualified != null) {
      return names
          .find(qualified)
          .orElseThrow(() -> Refusal.wrong("the archive's code has no %s", qualified));
    }
    return attribute(evaluate(attribute.object(), frame), attribute.name());
  }

  /** The dotted name of an expression whose first name is no variable; else null. */
  static @Nullable String qualifiedName(Expression expression, Interpreter.Frame frame) {
    Expression first = expression;
    while (first instanceof Expression.Attribute attribute) {
      first = attribute.object();
    }
    return first instanceof Expression.Name name && frame.get(name.id()) == null
        ? expression.dottedName().orElse(null)
        : null;
  }

  /** An object that says itself what its attributes are, from what was saved of it. */
  private void restore(Datum.Instance instance) {
    Optional<Datum> state = instance.state();
    if (state.isPresent()) {
      interpreter.callMethod(instance, "__setstate__", List.of(state.get()), Map.of());
      instance.set("training", new Datum.Bool(false));
    }
  }

  Datum attribute(Datum object, String name) {
    if (object instanceof Datum.Instance instance) {
      restore(instance);
      Datum value = instance.attribute(name);
      if (value != null) {
        return value;
      }
      Expression constant = instance.type().constants().get(name);
      if (constant != null) {
        return evaluate(constant, new Interpreter.Frame(Map.of()));
      }
      throw Refusal.wrong("%s has no attribute %s", instance.className(), name);
    }
    if (object instanceof Datum.TupleOf tuple && tuple.fields().contains(name)) {
      return tuple.items().get(tuple.fields().indexOf(name));
    }
    if (object instanceof Datum.Constant constant) {
      return name.equals("name") ? new Datum.Str(constant.name()) : constant.value();
    }
    throw Refusal.unsupported("%s has no attribute %s", Datum.describe(object), name);
  }

  private Datum dict(Expression.DictOf dict, Interpreter.Frame frame) {
    Datum.DictOf value = new Datum.DictOf();
    dispatcher.budget().length(dict.keys().size());
    for (int i = 0; i < dict.keys().size(); i++) {
      Datum key = DictBuiltins.key(evaluate(dict.keys().get(i), frame));
      value.items().put(key, evaluate(dict.values().get(i), frame));
    }
    return value;
  }

  private Datum subscript(Expression.Subscript subscript, Interpreter.Frame frame) {
    Datum object = evaluate(subscript.object(), frame);
    if (subscript.index() instanceof Expression.Range range) {
      Datum none = Datum.None.NONE;
      Datum lower = range.lower().map(e -> evaluate(e, frame)).orElse(none);
      Datum upper = range.upper().map(e -> evaluate(e, frame)).orElse(none);
      Datum step = range.step().map(e -> evaluate(e, frame)).orElse(Datum.Int.of(1));
      return ListBuiltins.slice(object, lower, upper, step);
    }
    Datum index = evaluate(subscript.index(), frame);
    return object instanceof Datum.Instance instance && index instanceof Datum.Str name
        ? attribute(instance, name.value())
        : ListBuiltins.item(object, index);
  }

  private Datum call(Expression.Call call, Interpreter.Frame frame) {
    List<Datum> positional = calls.arguments(call, frame);
    Map<String, Datum> keywords = new LinkedHashMap<>();
    for (Expression.Keyword keyword : call.keywords()) {
      keywords.put(keyword.name(), evaluate(keyword.value(), frame));
    }
    try {
      dispatcher.recorder().at(call.at());
      return calls.call(call, positional, keywords, frame);
    } catch (Refusal refusal) {
      throw refusal.at(call.at());
    } catch (ArithmeticException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new Failure(ExitCode.BAD_INPUT, call.at() + ": " + Failure.reason(e), e);
    } catch (ClassCastException e) {
      // The binder and the casts behind it are all the type checking that a damaged program meets.
      throw new Failure(
          ExitCode.BAD_INPUT, call.at() + ": an argument of the wrong kind; is it damaged?", e);
    }
  }

  boolean condition(Expression expression, Interpreter.Frame frame) {
    return Scalars.truth(evaluate(expression, frame));
  }

  /** What a loop goes through. */
  Iterable<Datum> items(Expression expression, Interpreter.Frame frame) {
    if (expression instanceof Expression.Call call
        && call.function() instanceof Expression.Name name
        && name.id().equals("range")) {
      List<Datum> arguments = evaluate(call.arguments(), frame);
      long[] bounds = arguments.stream().mapToLong(Datum::toLong).toArray();
      return switch (bounds.length) {
        case 1 -> Interpreter.range(0, bounds[0], 1);
        case 2 -> Interpreter.range(bounds[0], bounds[1], 1);
        default -> Interpreter.range(bounds[0], bounds[1], bounds[2]);
      };
    }
    return List.copyOf(evaluate(expression, frame).toList());
  }
}
