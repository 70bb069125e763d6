package dev.lapidary.exporter.torchscript;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Schema.Parameter;

/** Whether an argument is what its parameter has when it is left out, as the schema writes it. */
final class Defaults {
  private Defaults() {}

  static boolean is(Argument argument, Parameter parameter) {
    return parameter.defaultText().filter(text -> is(argument, text)).isPresent();
  }

  private static boolean is(Argument argument, String text) {
    if (argument instanceof Argument.ListOf list) {
      if (list.items().isEmpty()) {
        return text.equals("[]");
      }
      // One number of the schema stands for all: int[2] stride=1.
      return list.items().stream().allMatch(item -> is(item, text));
    }
    if (argument instanceof Argument.Int i) {
      return !i.value().perBatch() && isNumber(text, (double) i.value().factor());
    }
    if (argument instanceof Argument.Real real) {
      return isNumber(text, real.value());
    }
    if (argument instanceof Argument.Bool bool) {
      return text.equals(bool.value() ? "True" : "False");
    }
    if (argument instanceof Argument.Str string) {
      return text.equals("\"" + string.value() + "\"");
    }
    return argument == Argument.None.NONE && text.equals("None");
  }

  private static boolean isNumber(String text, double value) {
    return text.matches("-?\\d.*") && Double.parseDouble(text) == value;
  }
}
