package dev.lapidary.models.failure;

/** Text out of a file, made safe to print inside a one-line message: quoted, cut, no controls. */
public final class Quote {
  private static final int LONGEST = 100;

  private Quote() {}

  /** {@code 'text'}. */
  public static String of(String text) {
    StringBuilder shown = new StringBuilder("'");
    for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
      char c = text.charAt(i);
      shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return shown.append(text.length() > LONGEST ? "...'" : "'").toString();
  }
}
