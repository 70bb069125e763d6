package dev.lapidary.trainer.cli;

import dev.lapidary.core.file.ResourceText;
import dev.lapidary.trainer.plan.StageConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code run-flags.txt}, which says what the flags are and how it is written. */
final class RunFlags {
  static final List<RunFlag> ALL = read();

  private RunFlags() {}

  private static List<RunFlag> read() {
    String[] parts = ResourceText.of(RunFlags.class, "run-flags.txt").split("\n\n");
    return Arrays.stream(parts).skip(1).map(RunFlags::flag).toList();
  }

  private static RunFlag flag(String text) {
    String[] lines = text.strip().split("\n +");
    List<String> words = new ArrayList<>(List.of(lines[0].split(" ")));
    String key = words.remove(0);
    String name = key.substring(key.lastIndexOf('.') + 1);
    boolean negated = words.remove("negated");
    boolean chosen = words.remove("by-recipe");
    Optional<ITypeConverter<Integer>> reader =
        words.remove("read=batch-size")
            ? Optional.of(RunFlags::batchSize)
            : words.remove("read=megabytes") ? Optional.of(RunFlags::megabytes) : Optional.empty();
    List<String> names = words.stream().filter(word -> word.startsWith("--")).toList();
    words.removeAll(names);
    return new RunFlag(
        key,
        names.isEmpty() ? List.of("--" + name) : names,
        words.isEmpty() ? "<" + name + ">" : words.get(0),
        negated,
        reader,
        chosen,
        String.join(" ", Arrays.asList(lines).subList(1, lines.length)));
  }

  /** A number, or {@code auto}. */
  static Integer batchSize(String text) {
    if (text.equals("auto")) {
      return StageConfig.AUTO;
    }
    if (!text.matches("[1-9]\\d{0,6}")) {
      throw new TypeConversionException("'%s' is neither a number nor auto".formatted(text));
    }
    return Integer.valueOf(text);
  }

  /** {@code 800m}, {@code 4g}. */
  private static Integer megabytes(String text) {
    String size = text.toLowerCase(Locale.ROOT);
    if (!size.matches("[1-9]\\d{0,5}[mg]")) {
      throw new TypeConversionException("'%s' is no size such as 800m or 4g".formatted(text));
    }
    int number = Integer.parseInt(size.substring(0, size.length() - 1));
    return size.endsWith("g") ? number << 10 : number;
  }
}
