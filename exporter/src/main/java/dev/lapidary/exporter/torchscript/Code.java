package dev.lapidary.exporter.torchscript;

import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Printer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The one file of code of an archive: classes, equal ones once. */
final class Code {
  static final String PATH = "__torch__/lapidary.py";

  private static final String PREFIX = "__torch__.lapidary.";

  private final Map<String, String> names = new HashMap<>();
  private final Map<String, Integer> counts = new LinkedHashMap<>();
  private final List<Definition> classes = new ArrayList<>();

  /**
   * The qualified name of the class.
   *
   * @param simpleName a number is added where classes of one name differ
   * @param type the class of a qualified name
   */
  String className(String simpleName, Function<String, ClassDef> type) {
    return names.computeIfAbsent(
        Printer.print(type.apply(PREFIX), 0),
        unused -> {
          int count = counts.merge(simpleName, 1, Integer::sum);
          String name = PREFIX + simpleName + (count == 1 ? "" : "_" + count);
          classes.add(type.apply(name));
          return name;
        });
  }

  /** The file's text: a class is defined before those that hold it. */
  String text() {
    return Printer.print(classes);
  }
}
