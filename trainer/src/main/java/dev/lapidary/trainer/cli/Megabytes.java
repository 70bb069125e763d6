package dev.lapidary.trainer.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A size of memory as options give it: {@code 800m}, {@code 4g}. */
record Megabytes(int count) {
  static final Megabytes UNKNOWN = new Megabytes(0);

  static final class Reader implements ITypeConverter<Megabytes> {
    @Override
    public Megabytes convert(String text) {
      String size = text.toLowerCase(Locale.ROOT);
      if (!size.matches("[1-9]\\d{0,5}[mg]")) {
        throw new TypeConversionException("'%s' is no size such as 800m or 4g".formatted(text));
      }
      int number = Integer.parseInt(size.substring(0, size.length() - 1));
      return new Megabytes(size.endsWith("g") ? number << 10 : number);
    }
  }
}
