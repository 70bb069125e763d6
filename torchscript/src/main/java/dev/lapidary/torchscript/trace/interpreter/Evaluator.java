package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.trace.builtin.DictBuiltins;
import dev.lapidary.torchscript.trace.builtin.Subscripts;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
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

  IValue evaluate(Expression expression, Interpreter.Frame frame) {
    Budget budget = dispatcher.budget();
    budget.enter();
    IValue value = value(expression, frame);
    budget.leave();
    return value;
  }

  private IValue value(Expression expression, Interpreter.Frame frame) {
    if (expression instanceof Expression.Name name) {
      return variable(name, frame);
    }
    if (expression instanceof Expression.Call call) {
      return call(call, frame);
    }
    if (expression instanceof Expression.Attribute attribute) {
      return attribute(attribute, frame);
    }
    Optional<IValue> literal = literal(expression);
    if (literal.isPresent()) {
      return literal.get();
    }
    if (expression instanceof Expression.ListOf list) {
      dispatcher.budget().length(list.items().size());
      return new IValue.ListOf(evaluate(list.items(), frame));
    }
    if (expression instanceof Expression.TupleOf tuple) {
      dispatcher.budget().length(tuple.items().size());
      return IValue.TupleOf.of(evaluate(tuple.items(), frame));
    }
    if (expression instanceof Expression.Subscript subscript) {
      return subscript(subscript, frame);
    }
    if (expression instanceof Expression.DictOf dict) {
      return dict(dict, frame);
    }
    return operation(expression, frame);
  }

  private IValue operation(Expression expression, Interpreter.Frame frame) {
    if (expression instanceof Expression.Unary unary) {
      if (unary.operator().equals("not")) {
        return new IValue.Bool(!condition(unary.operand(), frame));
      }
      IValue operand = evaluate(unary.operand(), frame);
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
      List<IValue> results = new ArrayList<>();
      for (IValue item : items(comprehension.items(), frame)) {
        dispatcher.budget().step();
        dispatcher.budget().length(1);
        frame.set(((Expression.Name) comprehension.variable()).id(), item);
        results.add(evaluate(comprehension.element(), frame));
      }
      return new IValue.ListOf(results);
    }
    throw ProgramRefusal.unsupported("this expression cannot be evaluated");
  }

  private IValue binary(Expression.Binary binary, Interpreter.Frame frame) {
    boolean and = binary.operator().equals("and");
    if (and || binary.operator().equals("or")) {
      boolean first = condition(binary.left(), frame);
      return first == and ? evaluate(binary.right(), frame) : new IValue.Bool(first);
    }
    IValue left = evaluate(binary.left(), frame);
    IValue right = evaluate(binary.right(), frame);
    return switch (binary.operator()) {
      case "in" -> operator("__contains__", right, left);
      case "not in" -> operator("__not__", operator("__contains__", right, left));
      default -> {
        String name = OPERATORS.get(binary.operator());
        if (name == null) {
          throw ProgramRefusal.unsupported("the operator %s", binary.operator());
        }
        yield operator(name, left, right);
      }
    };
  }

  private IValue operator(String name, IValue... arguments) {
    return calls.operator("aten::" + name, List.of(arguments), Map.of());
  }

  List<IValue> evaluate(List<Expression> expressions, Interpreter.Frame frame) {
    List<IValue> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, frame));
    }
    return values;
  }

  /** A value that needs nothing to be evaluated. */
  static Optional<IValue> literal(Expression expression) {
    if (expression instanceof Expression.Int i) {
      return Optional.of(new IValue.Int(SymInt.of(i.value())));
    }
    if (expression instanceof Expression.Real real) {
      return Optional.of(new IValue.Real(real.value()));
    }
    if (expression instanceof Expression.Text text) {
      return Optional.of(new IValue.Str(text.value()));
    }
    if (expression instanceof Expression.Bool bool) {
      return Optional.of(new IValue.Bool(bool.value()));
    }
    return expression instanceof Expression.None ? Optional.of(IValue.None.NONE) : Optional.empty();
  }

  private static IValue variable(Expression.Name name, Interpreter.Frame frame) {
    IValue value = frame.get(name.id());
    if (value != null) {
      return value;
    }
    return switch (name.id()) {
      case "inf" -> new IValue.Real(Double.POSITIVE_INFINITY);
      case "nan" -> new IValue.Real(Double.NaN);
      default -> throw ProgramRefusal.wrong("the name %s is not defined", name.id());
    };
  }

  private IValue attribute(Expression.Attribute attribute, Interpreter.Frame frame) {
    String qualified = qualifiedName(attribute, frame);
    if (qualified != null) {
      return names.require(qualified);
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
  private void restore(IValue.Instance instance) {
    Optional<IValue> state = instance.state();
    if (state.isPresent()) {
      interpreter.callMethod(instance, "__setstate__", List.of(state.get()), Map.of());
      instance.set("training", new IValue.Bool(false));
    }
  }

  IValue attribute(IValue object, String name) {
    if (object instanceof IValue.Instance instance) {
      restore(instance);
      IValue value = instance.attribute(name);
      if (value != null) {
        return value;
      }
      Expression constant = instance.type().constants().get(name);
      if (constant != null) {
        return evaluate(constant, new Interpreter.Frame(Map.of()));
      }
      throw ProgramRefusal.wrong("%s has no attribute %s", instance.className(), name);
    }
    if (object instanceof IValue.TupleOf tuple && tuple.fields().contains(name)) {
      return tuple.items().get(tuple.fields().indexOf(name));
    }
    if (object instanceof IValue.Constant constant) {
      return name.equals("name") ? new IValue.Str(constant.name()) : constant.value();
    }
    throw ProgramRefusal.unsupported("%s has no attribute %s", IValue.describe(object), name);
  }

  private IValue dict(Expression.DictOf dict, Interpreter.Frame frame) {
    IValue.DictOf value = new IValue.DictOf();
    dispatcher.budget().length(dict.keys().size());
    for (int i = 0; i < dict.keys().size(); i++) {
      IValue key = DictBuiltins.key(evaluate(dict.keys().get(i), frame));
      value.items().put(key, evaluate(dict.values().get(i), frame));
    }
    return value;
  }

  private IValue subscript(Expression.Subscript subscript, Interpreter.Frame frame) {
    IValue object = evaluate(subscript.object(), frame);
    if (subscript.index() instanceof Expression.Range range) {
      IValue none = IValue.None.NONE;
      IValue lower = range.lower().map(e -> evaluate(e, frame)).orElse(none);
      IValue upper = range.upper().map(e -> evaluate(e, frame)).orElse(none);
      IValue step = range.step().map(e -> evaluate(e, frame)).orElse(IValue.Int.of(1));
      return Subscripts.slice(object, lower, upper, step);
    }
    IValue index = evaluate(subscript.index(), frame);
    return object instanceof IValue.Instance instance && index instanceof IValue.Str name
        ? attribute(instance, name.value())
        : Subscripts.item(object, index);
  }

  private IValue call(Expression.Call call, Interpreter.Frame frame) {
    List<IValue> positional = calls.arguments(call, frame);
    Map<String, IValue> keywords = new LinkedHashMap<>();
    for (Expression.Keyword keyword : call.keywords()) {
      keywords.put(keyword.name(), evaluate(keyword.value(), frame));
    }
    SourceLocation at = dispatcher.recorder().at(call.at());
    try {
      return calls.call(call, positional, keywords, frame);
    } catch (ProgramRefusal refusal) {
      throw refusal.at(at);
    } catch (ArithmeticException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new Failure(ExitCode.BAD_INPUT, at + ": " + Failure.reason(e), e);
    } catch (ClassCastException e) {
      // The binder and the casts behind it are all the type checking that a damaged program meets.
      throw new Failure(
          ExitCode.BAD_INPUT, at + ": an argument of the wrong kind; is it damaged?", e);
    }
  }

  boolean condition(Expression expression, Interpreter.Frame frame) {
    return Scalars.truth(evaluate(expression, frame));
  }

  /** What a loop goes through. */
  Iterable<IValue> items(Expression expression, Interpreter.Frame frame) {
    if (expression instanceof Expression.Call call
        && call.function() instanceof Expression.Name name
        && name.id().equals("range")) {
      List<IValue> arguments = evaluate(call.arguments(), frame);
      long[] bounds = arguments.stream().mapToLong(IValue::toLong).toArray();
      return switch (bounds.length) {
        case 1 -> Interpreter.range(0, bounds[0], 1);
        case 2 -> Interpreter.range(bounds[0], bounds[1], 1);
        default -> Interpreter.range(bounds[0], bounds[1], bounds[2]);
      };
    }
    return List.copyOf(evaluate(expression, frame).toList());
  }
}
