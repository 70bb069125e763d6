package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import dev.lapidary.torchscript.pt2.ExportNode.Input;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import dev.lapidary.torchscript.trace.call.Schemas;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A node as a call in TorchScript's text. Arguments stand in the schema's order, and what was left
 * out in between has the schema's default. Only names of the schema table go into the text.
 */
final class CallText {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_ .,:>-]{0,100}");

  private final Map<String, ValueType> types;
  private final UnaryOperator<String> shown;

  /**
   * @param types of all values
   * @param shown what a value is called in the text
   */
  CallText(Map<String, ValueType> types, UnaryOperator<String> shown) {
    this.types = types;
    this.shown = shown;
  }

  /**
   * A call, and how many results it has.
   *
   * @param name what its result may be called
   */
  record Call(String text, String name, int results, boolean isList) {}

  Call of(ExportNode node) {
    String function = Targets.ON_NUMBERS.get(node.target());
    if (function != null) {
      String arguments =
          node.inputs().stream()
              .map(input -> text(input.argument(), ""))
              .collect(Collectors.joining(", "));
      String name = function.substring(function.lastIndexOf('.') + 1) + "_size";
      return new Call(function + "(" + arguments + ")", name, 1, false);
    }
    Targets.Aten aten = Targets.aten(node.target());
    Optional<ExportNode> plain = PlainCalls.of(node, aten);
    if (plain.isPresent()) {
      return of(plain.get());
    }
    if (aten.name().equals("bernoulli_") && aten.overload().equals("float")) {
      return new Call(bernoulli(node), "noise", 1, false);
    }
    String functional =
        aten.isInPlace() && !Schemas.all().containsKey("aten::" + aten.name())
            ? aten.name().substring(0, aten.name().length() - 1)
            : aten.name();
    List<Schema> overloads = Schemas.all().get("aten::" + functional);
    if (overloads == null) {
      throw Targets.unknown(node.target());
    }
    Schema schema =
        overloads.stream()
            .filter(overload -> fits(overload, node))
            .findFirst()
            .orElseThrow(() -> noOverload(node));
    boolean isList = schema.returns().get(0).endsWith("[]");
    return new Call(
        "torch." + aten.name() + "(" + arguments(schema, node) + ")",
        aten.name(),
        isList ? node.outputs().size() : schema.returns().size(),
        isList);
  }

  /** Only training draws it, so no file is made of it and the schema table has it not. */
  private String bernoulli(ExportNode node) {
    boolean known =
        node.inputs().size() == 2
            && fits("Tensor", node.inputs().get(0).argument())
            && node.inputs().get(1).argument() instanceof ExportArgument.Real;
    if (!known) {
      throw noOverload(node);
    }
    return "torch.bernoulli_(%s, %s)"
        .formatted(
            text(node.inputs().get(0).argument(), "Tensor"),
            text(node.inputs().get(1).argument(), "float"));
  }

  private static Failure noOverload(ExportNode node) {
    return Failure.unsupported(
        "no supported overload of %s takes %s",
        Quote.of(node.target()),
        Quote.of(node.inputs().stream().map(Input::name).collect(Collectors.joining(", "))));
  }

  private String arguments(Schema schema, ExportNode node) {
    Map<String, ExportArgument> given = given(node, schema);
    List<Parameter> parameters = schema.parameters();
    int positional = 0;
    for (int i = 0; i < parameters.size(); i++) {
      if (!parameters.get(i).keywordOnly() && given.containsKey(parameters.get(i).name())) {
        positional = i + 1;
      }
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      ExportArgument argument = given.get(parameter.name());
      if (i < positional) {
        texts.add(
            argument == null
                ? standard(parameter)
                : moded(schema, parameter, text(argument, parameter.type()), given));
      } else if (argument != null) {
        texts.add(parameter.name() + "=" + text(argument, parameter.type()));
      }
    }
    return String.join(", ", texts);
  }

  /**
   * What was exported in train mode follows the mode, as PyTorch's move_exported_model_to_eval. A
   * batch_norm without running statistics, which weights are standardized by, has no other mode.
   */
  private static String moded(
      Schema schema, Parameter parameter, String text, Map<String, ExportArgument> given) {
    boolean mode =
        (schema.operator().equals("aten::batch_norm")
                && parameter.name().equals("training")
                && given.get("running_mean") instanceof ExportArgument.Ref)
            || (schema.operator().endsWith("dropout") && parameter.name().equals("train"));
    if (mode && text.equals("True")) {
      return "self.training";
    }
    return parameter.name().equals("dropout_p") && !text.equals("0.0")
        ? "torch.mul(float(self.training), " + text + ")"
        : text;
  }

  /** In-place forms call their first parameter self, whatever the plain one calls it. */
  private static Map<String, ExportArgument> given(ExportNode node, Schema schema) {
    Map<String, ExportArgument> given = new HashMap<>();
    node.inputs().forEach(input -> given.put(input.name(), input.argument()));
    String first = schema.parameters().isEmpty() ? "self" : schema.parameters().get(0).name();
    if (given.containsKey("self")
        && schema.parameters().stream().noneMatch(p -> p.name().equals("self"))) {
      given.put(first, given.remove("self"));
    }
    return given;
  }

  private boolean fits(Schema schema, ExportNode node) {
    Map<String, ExportArgument> given = given(node, schema);
    int used = 0;
    for (Parameter parameter : schema.parameters()) {
      ExportArgument argument = given.get(parameter.name());
      if (argument == null && parameter.defaultText().isEmpty()) {
        return false;
      }
      if (argument != null) {
        used++;
        if (!fits(parameter.type(), argument)) {
          return false;
        }
      }
    }
    return used == given.size();
  }

  private boolean fits(String type, ExportArgument argument) {
    if (argument == ExportArgument.None.NONE) {
      return type.endsWith("?");
    }
    String plain = type.endsWith("?") ? type.substring(0, type.length() - 1) : type;
    if (plain.endsWith("]")) {
      String element = plain.substring(0, plain.lastIndexOf('['));
      return argument instanceof ExportArgument.ListOf list
          ? list.items().stream().allMatch(item -> fits(element, item))
          : !plain.endsWith("[]") && fits(element, argument);
    }
    boolean tensor =
        argument instanceof ExportArgument.Ref ref && types.get(ref.name()) == ValueType.TENSOR;
    return switch (plain) {
      case "Tensor" -> tensor;
      case "str" -> argument instanceof ExportArgument.Str;
      case "bool" ->
          argument instanceof ExportArgument.Bool || argument instanceof ExportArgument.Ref;
      default ->
          !tensor
              && !(argument instanceof ExportArgument.ListOf)
              && !(argument instanceof ExportArgument.Str);
    };
  }

  /** The default, for each of the numbers of {@code int[2]}. */
  private static String standard(Parameter parameter) {
    String text = parameter.defaultText().orElseThrow();
    String plain = parameter.type().replace("?", "");
    int bracket = plain.lastIndexOf('[');
    boolean sized = bracket >= 0 && bracket < plain.length() - 2;
    if (!sized || text.startsWith("[") || text.equals("None")) {
      return text;
    }
    int size = Integer.parseInt(plain.substring(bracket + 1, plain.length() - 1));
    return "[" + String.join(", ", Collections.nCopies(size, text)) + "]";
  }

  private String text(ExportArgument argument, String type) {
    if (argument instanceof ExportArgument.Ref ref) {
      return shown.apply(ref.name());
    }
    if (argument instanceof ExportArgument.Int i) {
      return type.startsWith("float") ? real((double) i.value()) : Long.toString(i.value());
    }
    if (argument instanceof ExportArgument.Real real) {
      return real(real.value());
    }
    if (argument instanceof ExportArgument.Bool bool) {
      return bool.value() ? "True" : "False";
    }
    if (argument instanceof ExportArgument.Str text) {
      return quoted(text.value());
    }
    if (argument instanceof ExportArgument.ScalarType number) {
      return Long.toString(number.number());
    }
    if (argument instanceof ExportArgument.Literal literal) {
      return literal.text();
    }
    if (argument instanceof ExportArgument.ListOf list) {
      String element = type.replaceFirst("\\[\\d*\\]\\??$", "");
      return list.items().stream()
          .map(item -> text(item, element))
          .collect(Collectors.joining(", ", "[", "]"));
    }
    return "None";
  }

  /** Modes are words; anything else might end the string, and go on as code. */
  private static String quoted(String word) {
    if (!WORD.matcher(word).matches()) {
      throw Failure.unsupported(
          "a string argument %s, expected a word of letters, digits, spaces and any of _.,:>-",
          Quote.of(word));
    }
    return '"' + word + '"';
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    return Double.isInfinite(value)
        ? (value > 0 ? "inf" : "-inf")
        : Double.toString(value).toLowerCase(Locale.ROOT);
  }
}
