package dev.lapidary.serve.inference;

/** A client's words inside ours. */
public final class Named {
  private static final int BRIEF = 60;

  private Named() {}

  /** At most 60 characters, without control characters, and always valid Unicode. */
  public static String brief(String text) {
    StringBuilder brief = new StringBuilder();
    text.codePoints()
        .limit(BRIEF)
        .map(c -> Character.isISOControl(c) || isSurrogate(c) ? '\ufffd' : c)
        .forEach(brief::appendCodePoint);
    return text.codePointCount(0, text.length()) > BRIEF ? brief + "…" : brief.toString();
  }

  static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
