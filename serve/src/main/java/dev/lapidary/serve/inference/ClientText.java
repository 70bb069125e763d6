package dev.lapidary.serve.inference;

/** A client's words inside ours. */
public final class ClientText {
  private static final int BRIEF = 60;

  private ClientText() {}

  /** At most 60 characters of it, without control characters, and always valid Unicode. */
  public static String brief(String text) {
    StringBuilder brief = new StringBuilder();
    text.codePoints()
        .limit(BRIEF)
        .map(c -> Character.isISOControl(c) || isSurrogate(c) ? '\ufffd' : c)
        .forEach(brief::appendCodePoint);
    return text.codePointCount(0, text.length()) > BRIEF ? brief + "…" : brief.toString();
  }

  /** Whether it has half of a surrogate pair, which no UTF-8 can carry. */
  public static boolean isBroken(String text) {
    return text.codePoints().anyMatch(ClientText::isSurrogate);
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
