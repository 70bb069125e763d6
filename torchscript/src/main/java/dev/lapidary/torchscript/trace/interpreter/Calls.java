package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.trace.builtin.Builtins;
import dev.lapidary.torchscript.trace.builtin.TensorBuiltins;
import dev.lapidary.torchscript.trace.builtin.Texts;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Decides what a call calls: an operator, a function of the text, a class, a method, Python. */
public final class Calls {
  private final Interpreter interpreter;
  private final Evaluator evaluator;
  private final Names names;
  private final Dispatcher dispatcher;
  private final Upgraders upgraders;
  private final Builtins builtins;

  Calls(Interpreter interpreter, Evaluator evaluator, Names names, Dispatcher dispatcher) {
    this.interpreter = interpreter;
    this.evaluator = evaluator;
    this.names = names;
    this.dispatcher = dispatcher;
    this.upgraders = new Upgraders(names.version(), dispatcher);
    this.builtins = new Builtins(dispatcher.budget(), names.own());
  }

  /** The positional arguments; where the first is a type, it is left out. */
  List<IValue> arguments(Expression.Call call, Interpreter.Frame frame) {
    List<Expression> arguments = call.arguments();
    if (call.function() instanceof Expression.Name name && frame.get(name.id()) == null) {
      switch (name.id()) {
        case "annotate", "unchecked_cast", "uninitialized" -> {
          return evaluator.evaluate(arguments.subList(1, arguments.size()), frame);
        }
        case "isinstance" -> {
          return evaluator.evaluate(arguments.subList(0, 1), frame);
        }
        default -> {}
      }
    }
    return evaluator.evaluate(arguments, frame);
  }

  IValue call(
      Expression.Call call,
      List<IValue> positional,
      Map<String, IValue> keywords,
      Interpreter.Frame frame) {
    Expression function = call.function();
    String qualified = Evaluator.qualifiedName(function, frame);
    if (qualified == null) {
      return function instanceof Expression.Attribute attribute
          ? method(
              evaluator.evaluate(attribute.object(), frame), attribute.name(), positional, keywords)
          : callable(evaluator.evaluate(function, frame), positional, keywords);
    }
    if (function instanceof Expression.Name) {
      return python(qualified, call, positional, keywords);
    }
    if (qualified.equals("torch.device")) {
      return new IValue.Device(((IValue.Str) positional.get(0)).value());
    }
    if (qualified.startsWith("torch.")) {
      return operator("aten::" + qualified.substring("torch.".length()), positional, keywords);
    }
    if (qualified.startsWith("ops.")) {
      String name = qualified.substring("ops.".length());
      int dot = name.lastIndexOf('.');
      return operator(
          name.substring(0, Math.max(dot, 0)) + "::" + name.substring(dot + 1),
          positional,
          keywords);
    }
    return ofText(qualified, positional, keywords);
  }

  IValue operator(String operator, List<IValue> positional, Map<String, IValue> keywords) {
    IValue value = builtins.call(operator, positional, keywords);
    return value != null ? value : upgraders.call(operator, positional, keywords);
  }

  private IValue ofText(String name, List<IValue> positional, Map<String, IValue> keywords) {
    if (name.endsWith(".__new__")) {
      String type = name.substring(0, name.length() - ".__new__".length());
      return names
          .type(type)
          .map(definition -> new IValue.Instance(type, definition, "", attribute -> null))
          .orElseThrow(() -> ProgramRefusal.wrong("the archive's code has no class %s", type));
    }
    return callable(names.require(name), positional, keywords);
  }

  private IValue callable(IValue callee, List<IValue> positional, Map<String, IValue> keywords) {
    if (callee instanceof IValue.Function function) {
      return interpreter.call(function, positional, keywords);
    }
    if (callee instanceof IValue.Type type && type.definition().base().equals("NamedTuple")) {
      return named(List.copyOf(type.definition().attributes().keySet()), positional, keywords);
    }
    if (callee instanceof IValue.Type type) {
      IValue.Instance made =
          new IValue.Instance(type.name(), type.definition(), "", attribute -> null);
      interpreter.callMethod(made, "__init__", positional, keywords);
      return made;
    }
    if (callee instanceof IValue.Instance instance) {
      return interpreter.callMethod(instance, "forward", positional, keywords);
    }
    throw ProgramRefusal.wrong("%s cannot be called", IValue.describe(callee));
  }

  private static IValue named(
      List<String> fields, List<IValue> positional, Map<String, IValue> keywords) {
    List<IValue> items = new ArrayList<>(positional);
    for (String field : fields.subList(Math.min(positional.size(), fields.size()), fields.size())) {
      IValue value = keywords.get(field);
      if (value == null) {
        throw ProgramRefusal.wrong("the named tuple is not given its field %s", field);
      }
      items.add(value);
    }
    return new IValue.TupleOf(items, fields);
  }

  private IValue method(
      IValue object, String name, List<IValue> positional, Map<String, IValue> keywords) {
    if (object instanceof IValue.Instance instance) {
      return interpreter.callMethod(instance, name, positional, keywords);
    }
    if (object instanceof TensorRef tensor && name.equals("tolist")) {
      return TensorBuiltins.list(tensor.tensor("tolist()"), dispatcher.budget());
    }
    throw ProgramRefusal.unsupported("%s has no method %s", IValue.describe(object), name);
  }

  private IValue python(
      String name, Expression.Call call, List<IValue> positional, Map<String, IValue> keywords) {
    if (name.equals("print")) {
      return IValue.None.NONE;
    }
    if (name.equals("uninitialized")) {
      return IValue.Undefined.UNDEFINED;
    }
    if (positional.isEmpty()) {
      throw ProgramRefusal.wrong("%s() needs an argument", name);
    }
    IValue first = positional.get(0);
    return switch (name) {
      case "annotate", "unchecked_cast" -> converted(call.arguments().get(0), first);
      case "isinstance" -> new IValue.Bool(Types.isInstance(first, call.arguments().get(1)));
      case "getattr" -> evaluator.attribute(first, ((IValue.Str) positional.get(1)).value());
      case "int" -> Scalars.integer(first);
      case "float" -> Scalars.real(first);
      case "bool" -> new IValue.Bool(Scalars.truth(first));
      case "str" -> new IValue.Str(Texts.shown(first));
      case "fork" -> callable(first, positional.subList(1, positional.size()), keywords);
      case "len", "min", "max", "abs", "sorted" -> operator("aten::" + name, positional, keywords);
      default -> throw ProgramRefusal.unsupported("the function %s", name);
    };
  }

  /** {@code annotate(int, tensor)} is the number that the tensor holds. */
  private static IValue converted(Expression type, IValue value) {
    if (!(value instanceof TensorRef tensor) || !(type instanceof Expression.Name name)) {
      return value;
    }
    return switch (name.id()) {
      case "int" -> Scalars.integer(tensor);
      case "float" -> Scalars.real(tensor);
      case "bool" -> new IValue.Bool(Scalars.truth(tensor));
      case "number" -> Scalars.number(tensor);
      default -> tensor;
    };
  }
}
