package dev.lapidary.core.failure;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** Words with numbers in them, written alike on every machine, whatever language it speaks. */
public final class Phrase {
  private Phrase() {}

  /** By the rules of {@link String#format}: {@code 1.5}, never {@code 1,5}. */
  @FormatMethod
  public static String of(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
