package dev.lapidary.core.failure;

/** Text out of a file, made safe to print: cut, and without what a terminal obeys. */
public final class Quote {
  private static final int LONGEST = 100;
  private static final int LONGEST_LINE = 2000;

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

  /** A whole message, whatever names of files and operators went into it: one line. */
  public static String line(String message) {
    String printable = printable(message.strip());
    return printable.length() > LONGEST_LINE
        ? printable.substring(0, LONGEST_LINE) + "..."
        : printable;
  }

  /** Controls, line ends among them, and what turns the direction of writing become '?'. */
  public static String printable(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
  }
}
