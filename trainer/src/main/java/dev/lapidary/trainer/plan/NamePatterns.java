package dev.lapidary.trainer.plan;

import static java.util.stream.Collectors.joining;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Patterns of parameter names: a name, a module's path, which means all below it ({@code layer1}),
 * either with {@code *} for any characters ({@code *.bias}), or {@link #HEAD}: the last layer, and
 * the last layers of auxiliary heads.
 *
 * @param names of all parameters
 * @param heads module paths of the last layer and of those of auxiliary heads
 */
public record NamePatterns(List<String> names, List<String> heads) {
  /** The word for the network's last layer, wherever the network has it. */
  public static final String HEAD = "head";

  /**
   * The names that a pattern means.
   *
   * @throws Failure (exit 2) if there are none, naming near names
   */
  public Set<String> match(String pattern) {
    String written =
        pattern.equals(HEAD)
            ? heads.stream().map(Pattern::quote).collect(joining("|", "(", ")"))
            : Arrays.stream(pattern.split("\\*", -1)).map(Pattern::quote).collect(joining(".*"));
    Pattern regex = Pattern.compile(written + "(\\..*)?");
    Set<String> found =
        names.stream()
            .filter(name -> regex.matcher(name).matches())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (found.isEmpty()) {
      throw Failure.badInput(
          "the pattern %s matches no parameter%s (trainer layers lists them)",
          pattern, NearNames.hint(pattern, paths()));
    }
    return found;
  }

  /** The parameters of a stage: {@code trainOnly}, or all, without {@code freeze}. */
  public Set<String> trained(StageConfig stage) {
    Set<String> trained = new LinkedHashSet<>(stage.trainOnly().isEmpty() ? names : List.of());
    stage.trainOnly().forEach(pattern -> trained.addAll(match(pattern)));
    stage.freeze().forEach(pattern -> trained.removeAll(match(pattern)));
    if (trained.isEmpty()) {
      throw Failure.badInput("stage %s trains nothing: everything is frozen", stage.name());
    }
    return trained;
  }

  /** Names, and the paths of the modules that hold them. */
  private Collection<String> paths() {
    Set<String> paths = new LinkedHashSet<>(names);
    for (String name : names) {
      for (int dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
        paths.add(name.substring(0, dot));
      }
    }
    return paths;
  }
}
