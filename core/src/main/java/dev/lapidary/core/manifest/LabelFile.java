package dev.lapidary.core.manifest;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TextFile;
import java.nio.file.Path;
import java.util.List;

/** A file of class names, one a line, in the order of the network's outputs. */
public final class LabelFile {
  private LabelFile() {}

  /**
   * The names without blanks around them; a blank line is no name.
   *
   * @throws Failure (exit 2) if it is no text as {@link TextFile} reads it, or has no name
   */
  public static List<String> read(Path file) {
    List<String> names =
        TextFile.lines(file).stream().map(String::strip).filter(name -> !name.isEmpty()).toList();
    if (names.isEmpty()) {
      throw Failure.badInput("[%s] is empty; write one label a line", file);
    }
    return names;
  }
}
