package dev.lapidary.trainer.program;

import java.util.List;

/**
 * A place in a network before which everything is frozen and deterministic, and the methods that
 * run the part before it and the part after it.
 *
 * @param before what comes next: a module's path, or a line of text
 * @param methods from the root to the module whose body is cut
 */
public record NetworkCut(String before, List<Halves> methods) {
  /** Stands in the text for the cut's number: no text of a network can hold it. */
  static final String NUMBER = "\0";

  /** The two methods; deeper ones have the depth behind their name: a class may be cut twice. */
  static final String PREFIX = "lapidary_prefix_" + NUMBER;

  static final String SUFFIX = "lapidary_suffix_" + NUMBER;

  /**
   * @param className of a module, qualified
   * @param text of its two more methods
   */
  record Halves(String className, String text) {}
}
