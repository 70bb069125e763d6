package dev.lapidary.core.cli;

import java.util.Map;

/** What the root of a command tree knows beyond its commands. */
@FunctionalInterface
public interface RootCommand {
  /**
   * Words that other tools have for what this one has: an option with its dashes, or a command; and
   * what to type here, such as {@code --batch-size}, or {@code trainer resume RUN}.
   */
  Map<String, String> otherNames();
}
