package dev.lapidary.core.cli;

import java.util.List;
import java.util.Map;

/** What the root of a command tree knows beyond its options. */
@FunctionalInterface
public interface RootCommand {
  /**
   * Its commands, each with picocli's {@code @Command}, in the order of the help. Only the one that
   * is called is read with all of its options, which takes longer than everything else that {@code
   * --help} does; those that the root's own {@code @Command} names are all read.
   */
  default List<Class<?>> commands() {
    return List.of();
  }

  /**
   * Words that other tools have for what this one has: an option with its dashes, or a command; and
   * what to type here, such as {@code --batch-size}, or {@code trainer resume RUN}. What begins
   * with a command's name and a blank is said for that command alone. An option is said to commands
   * that have it.
   */
  Map<String, String> otherNames();
}
