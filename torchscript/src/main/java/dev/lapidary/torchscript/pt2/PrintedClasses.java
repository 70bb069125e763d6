package dev.lapidary.torchscript.pt2;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one file of code of a printed program: classes, equal ones once. */
final class PrintedClasses {
  static final String PATH = "__torch__/exported.py";

  /** Stands for the name of the class whose body it is in. */
  static final String SELF = "\0self\0";

  private static final String PREFIX = "__torch__.exported.";

  private final Map<String, String> classes = new LinkedHashMap<>();
  private final Map<String, Integer> counts = new LinkedHashMap<>();

  /** The qualified name of the class with this body; a number is added where classes differ. */
  String name(String simpleName, String body) {
    return classes.computeIfAbsent(
        simpleName + "\n" + body,
        unused -> {
          int count = counts.merge(simpleName, 1, Integer::sum);
          return PREFIX + simpleName + (count == 1 ? "" : "__" + count);
        });
  }

  String text() {
    StringBuilder text = new StringBuilder();
    classes.forEach(
        (body, name) ->
            text.append("class ")
                .append(name.substring(PREFIX.length()))
                .append("(Module):\n")
                .append(body.substring(body.indexOf('\n') + 1).replace(SELF, name)));
    return text.toString();
  }
}
