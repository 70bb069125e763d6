package dev.lapidary.torchscript.trace.call;

import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the overload that a call means, and puts its arguments into the schema's order. */
public final class Binder {
  private static final String CLASSES = "__torch__.torch.classes.quantized.";

  private Binder() {}

  /** One argument for each of the schema's parameters. */
  public record Bound(Schema schema, List<IValue> arguments) {}

  /** The first overload that takes the arguments. */
  public static Optional<Bound> bind(
      List<Schema> overloads, List<IValue> positional, Map<String, IValue> keywords) {
    for (Schema schema : overloads) {
      List<IValue> arguments = bind(schema, positional, keywords);
      if (arguments != null) {
        return Optional.of(new Bound(schema, arguments));
      }
    }
    return Optional.empty();
  }

  /**
   * The same without arguments that no overload has, where they ask for nothing new: None or False,
   * as those are that an operator got in a newer PyTorch.
   */
  public static Optional<Bound> bindOlder(
      List<Schema> overloads, List<IValue> positional, Map<String, IValue> keywords) {
    List<IValue> known = new ArrayList<>(positional);
    while (known.size() > Schemas.positionals(overloads)
        && isNeutral(known.get(known.size() - 1))) {
      known.remove(known.size() - 1);
    }
    Set<String> names = Schemas.names(overloads);
    Map<String, IValue> named = new LinkedHashMap<>(keywords);
    named.entrySet().removeIf(e -> !names.contains(e.getKey()) && isNeutral(e.getValue()));
    return bind(overloads, known, named);
  }

  private static boolean isNeutral(IValue value) {
    return value == IValue.None.NONE || (value instanceof IValue.Bool bool && !bool.value());
  }

  private static @Nullable List<IValue> bind(
      Schema schema, List<IValue> positional, Map<String, IValue> keywords) {
    List<Parameter> parameters = schema.parameters();
    long positionals = parameters.stream().filter(p -> !p.keywordOnly()).count();
    if (positional.size() > positionals) {
      return null;
    }
    List<IValue> arguments = new ArrayList<>();
    int used = 0;
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      IValue given = i < positional.size() ? positional.get(i) : keywords.get(parameter.name());
      if (given == null && parameter.defaultText().isPresent()) {
        given = literal(parameter.defaultText().get());
      } else if (given == null || !fits(parameter.type(), given)) {
        return null;
      }
      if (i >= positional.size() && keywords.containsKey(parameter.name())) {
        used++;
      }
      arguments.add(sized(parameter.type(), given));
    }
    return used == keywords.size() ? arguments : null;
  }

  private static boolean fits(String type, IValue given) {
    if (type.endsWith("?")) {
      return given == IValue.None.NONE || fits(type.substring(0, type.length() - 1), given);
    }
    if (type.endsWith("]")) {
      return fitsList(type, given);
    }
    return switch (type) {
      case "Tensor" -> given instanceof TensorRef || given instanceof IValue.Complex;
      case "int", "SymInt", "ScalarType", "Layout", "MemoryFormat" -> given instanceof IValue.Int;
      case "float" -> given instanceof IValue.Real || given instanceof IValue.Int;
      case "bool" -> given instanceof IValue.Bool;
      case "Scalar" -> given instanceof IValue.Scalar;
      case "str" -> given instanceof IValue.Str;
      case CLASSES + "Conv2dPackedParamsBase", CLASSES + "LinearPackedParamsBase" ->
          given instanceof IValue.Packed;
      case "Device" -> given instanceof IValue.Device;
      case "t" -> given instanceof IValue.Scalar || given instanceof IValue.ListOf;
      default -> false;
    };
  }

  private static boolean fitsList(String type, IValue given) {
    int bracket = type.lastIndexOf('[');
    String element = type.substring(0, bracket);
    boolean sized = bracket < type.length() - 2;
    return given instanceof IValue.Sequence sequence
        ? sequence.items().stream().allMatch(item -> fits(element, item))
        : sized && fits(element, given);
  }

  /** {@code int[2]} takes 1 for {@code [1, 1]}; the graph has the list. */
  private static IValue sized(String type, IValue given) {
    String plain = type.endsWith("?") ? type.substring(0, type.length() - 1) : type;
    int bracket = plain.lastIndexOf('[');
    boolean sized = bracket >= 0 && bracket < plain.length() - 2;
    if (!sized || given == IValue.None.NONE) {
      return given;
    }
    int size = Integer.parseInt(plain.substring(bracket + 1, plain.length() - 1));
    if (given instanceof IValue.ListOf list) {
      return list.items().size() == 1 ? repeated(list.items().get(0), size) : given;
    }
    return given instanceof IValue.TupleOf ? given : repeated(given, size);
  }

  private static IValue repeated(IValue item, int size) {
    return new IValue.ListOf(Collections.nCopies(size, item));
  }

  /** A default as the schema writes it. */
  static IValue literal(String text) {
    if (text.startsWith("[")) {
      String inner = text.substring(1, text.length() - 1);
      List<IValue> items = new ArrayList<>();
      for (String item : inner.isBlank() ? new String[0] : inner.split(",", -1)) {
        items.add(literal(item.strip()));
      }
      return new IValue.ListOf(items);
    }
    return switch (text) {
      case "None" -> IValue.None.NONE;
      case "True" -> new IValue.Bool(true);
      case "False" -> new IValue.Bool(false);
      default ->
          text.startsWith("\"")
              ? new IValue.Str(text.substring(1, text.length() - 1))
              : number(text);
    };
  }

  private static IValue number(String text) {
    return text.matches("-?\\d+")
        ? new IValue.Int(SymInt.of(Long.parseLong(text)))
        : new IValue.Real(Double.parseDouble(text));
  }
}
