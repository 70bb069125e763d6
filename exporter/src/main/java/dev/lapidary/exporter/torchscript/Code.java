package dev.lapidary.exporter.torchscript;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one file of code of an archive: classes, equal ones once. */
final class Code {
  static final String PATH = "__torch__/lapidary.py";

  /** Stands for the name of the class whose body it is in. */
  static final String SELF = "\0self\0";

  private static final String PREFIX = "__torch__.lapidary.";

  private final Map<String, String> classes = new LinkedHashMap<>();
  private final Map<String, Integer> counts = new LinkedHashMap<>();

  /**
   * The qualified name of the class with this body; {@link #SELF} in it stands for that name.
   *
   * @param simpleName a number is added where classes of one name differ
   */
  String className(String simpleName, String body) {
    return classes.computeIfAbsent(
        body,
        unused -> {
          int count = counts.merge(simpleName, 1, Integer::sum);
          return PREFIX + simpleName + (count == 1 ? "" : "_" + count);
        });
  }

  /** The file's text: a class is defined before those that hold it. */
  String text() {
    StringBuilder text = new StringBuilder();
    classes.forEach(
        (body, name) ->
            text.append("class ")
                .append(name.substring(PREFIX.length()))
                .append("(Module):\n")
                .append(body.replace(SELF, name)));
    return text.toString();
  }
}
