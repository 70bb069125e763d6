package dev.lapidary.models.weights;

import java.util.regex.Pattern;

/** Names that people give to averaged weights: what is better where two dicts fit equally. */
final class Averaged {
  private static final Pattern NAME =
      Pattern.compile("(?i)(^|[^a-z])(ema|swa|averaged?|avg|shadow)([^a-z]|$)");

  private Averaged() {}

  /**
   * @param path of an entry, or a prefix of names
   */
  static boolean isNamed(String path) {
    return NAME.matcher(path).find();
  }
}
