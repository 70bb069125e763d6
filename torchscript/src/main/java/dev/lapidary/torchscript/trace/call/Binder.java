package dev.lapidary.torchscript.trace.call;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
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
  public record Bound(Schema schema, List<Datum> arguments) {}

  /** The first overload that takes the arguments. */
  public static Optional<Bound> bind(
      List<Schema> overloads, List<Datum> positional, Map<String, Datum> keywords) {
    for (Schema schema : overloads) {
      List<Datum> arguments = bind(schema, positional, keywords);
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
      List<Schema> overloads, List<Datum> positional, Map<String, Datum> keywords) {
    List<Datum> known = new ArrayList<>(positional);
    while (known.size() > Schemas.places(overloads) && isNeutral(known.get(known.size() - 1))) {
      known.remove(known.size() - 1);
    }
    Set<String> names = Schemas.names(overloads);
    Map<String, Datum> named = new LinkedHashMap<>(keywords);
    named.entrySet().removeIf(e -> !names.contains(e.getKey()) && isNeutral(e.getValue()));
    return bind(overloads, known, named);
  }

  private static boolean isNeutral(Datum value) {
    return value == Datum.None.NONE || (value instanceof Datum.Bool bool && !bool.value());
  }

  private static @Nullable List<Datum> bind(
      Schema schema, List<Datum> positional, Map<String, Datum> keywords) {
    List<Parameter> parameters = schema.parameters();
    long places = parameters.stream().filter(p -> !p.keywordOnly()).count();
    if (positional.size() > places) {
      return null;
    }
    List<Datum> arguments = new ArrayList<>();
    int used = 0;
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      Datum given = i < positional.size() ? positional.get(i) : keywords.get(parameter.name());
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

  private static boolean fits(String type, Datum given) {
    if (type.endsWith("?")) {
      return given == Datum.None.NONE || fits(type.substring(0, type.length() - 1), given);
    }
    if (type.endsWith("]")) {
      return fitsList(type, given);
    }
    return switch (type) {
      case "Tensor" -> given instanceof TensorRef || given instanceof Datum.Complex;
      case "int", "SymInt", "ScalarType", "Layout", "MemoryFormat" -> given instanceof Datum.Int;
      case "float" -> given instanceof Datum.Real || given instanceof Datum.Int;
      case "bool" -> given instanceof Datum.Bool;
      case "Scalar" ->
          given instanceof Datum.Int || given instanceof Datum.Real || given instanceof Datum.Bool;
      case "str" -> given instanceof Datum.Str;
      case CLASSES + "Conv2dPackedParamsBase", CLASSES + "LinearPackedParamsBase" ->
          given instanceof Datum.Packed;
      case "Device" -> given instanceof Datum.Device;
      case "t" ->
          given instanceof Datum.Int
              || given instanceof Datum.Real
              || given instanceof Datum.Bool
              || given instanceof Datum.ListOf;
      default -> false;
    };
  }

  private static boolean fitsList(String type, Datum given) {
    int bracket = type.lastIndexOf('[');
    String element = type.substring(0, bracket);
    boolean sized = bracket < type.length() - 2;
    if (given instanceof Datum.ListOf list) {
      return list.items().stream().allMatch(item -> fits(element, item));
    }
    if (given instanceof Datum.TupleOf tuple) {
      return tuple.items().stream().allMatch(item -> fits(element, item));
    }
    return sized && fits(element, given);
  }

  /** {@code int[2]} takes 1 for {@code [1, 1]}; the graph has the list. */
  private static Datum sized(String type, Datum given) {
    String plain = type.endsWith("?") ? type.substring(0, type.length() - 1) : type;
    int bracket = plain.lastIndexOf('[');
    boolean sized = bracket >= 0 && bracket < plain.length() - 2;
    if (!sized || given == Datum.None.NONE) {
      return given;
    }
    int size = Integer.parseInt(plain.substring(bracket + 1, plain.length() - 1));
    if (given instanceof Datum.ListOf list) {
      return list.items().size() == 1 ? repeated(list.items().get(0), size) : given;
    }
    return given instanceof Datum.TupleOf ? given : repeated(given, size);
  }

  private static Datum repeated(Datum item, int size) {
    return new Datum.ListOf(java.util.Collections.nCopies(size, item));
  }

  /** A default as the schema writes it. */
  static Datum literal(String text) {
    if (text.startsWith("[")) {
      String inner = text.substring(1, text.length() - 1);
      List<Datum> items = new ArrayList<>();
      for (String item : inner.isBlank() ? new String[0] : inner.split(",", -1)) {
        items.add(literal(item.strip()));
      }
      return new Datum.ListOf(items);
    }
    return switch (text) {
      case "None" -> Datum.None.NONE;
      case "True" -> new Datum.Bool(true);
      case "False" -> new Datum.Bool(false);
      default -> text.startsWith("\"") ? quoted(text) : number(text);
    };
  }

  private static Datum quoted(String text) {
    return new Datum.Str(text.substring(1, text.length() - 1));
  }

  private static Datum number(String text) {
    return text.matches("-?\\d+")
        ? new Datum.Int(Dim.of(Long.parseLong(text)))
        : new Datum.Real(Double.parseDouble(text));
  }
}
