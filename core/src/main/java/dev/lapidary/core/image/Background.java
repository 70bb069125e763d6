package dev.lapidary.core.image;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The colour that transparent images are put on, as Pillow's {@code alpha_composite} over an opaque
 * image of that colour does: {@code (colour alpha + background (255 - alpha)) / 255}, rounded.
 *
 * @param red level, 0 to 255
 * @param green likewise
 * @param blue likewise
 */
public record Background(int red, int green, int blue) {
  public static final Background BLACK = new Background(0, 0, 0);
  public static final Background WHITE = new Background(255, 255, 255);
  private static final Pattern HEX = Pattern.compile("#[0-9a-f]{6}");

  /**
   * @param text {@code black}, {@code white}, or a colour as CSS has it, such as {@code #7f7f7f}
   * @throws IllegalArgumentException for anything else
   */
  @JsonCreator
  public static Background of(String text) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    return switch (word) {
      case "black" -> BLACK;
      case "white" -> WHITE;
      default -> {
        if (!HEX.matcher(word).matches()) {
          throw new IllegalArgumentException(
              "expected black, white or a colour such as #7f7f7f to put transparent images on but"
                  + " found "
                  + text);
        }
        int rgb = Integer.parseInt(word.substring(1), 16);
        yield new Background(rgb >> 16, rgb >> 8 & 0xff, rgb & 0xff);
      }
    };
  }

  /**
   * What an option says.
   *
   * @throws Failure (exit 2) naming the option, for what {@link #of} does not take
   */
  public static Background said(String option, String text) {
    try {
      return of(text);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("%s: %s", option, String.valueOf(e.getMessage()));
    }
  }

  /** {@code #ffffff}: what {@link #of} takes. */
  @JsonValue
  @Override
  public String toString() {
    return Phrase.of("#%02x%02x%02x", red, green, blue);
  }

  /** Sets a pixel. */
  void put(byte[] rgb, int at) {
    rgb[at] = (byte) red;
    rgb[at + 1] = (byte) green;
    rgb[at + 2] = (byte) blue;
  }

  /** Sets all pixels. */
  void fill(byte[] rgb) {
    for (int at = 0; at < rgb.length && !equals(BLACK); at += 3) {
      put(rgb, at);
    }
  }

  /** A pixel of colours that are not multiplied by their alpha. */
  void blend(int r, int g, int b, int alpha, byte[] rgb, int at) {
    rgb[at] = (byte) over(r, red, alpha);
    rgb[at + 1] = (byte) over(g, green, alpha);
    rgb[at + 2] = (byte) over(b, blue, alpha);
  }

  /** Exact for bytes, as {@link Rgb#times} is. */
  private static int over(int level, int under, int alpha) {
    int t = level * alpha + under * (255 - alpha) + 128;
    return (t + (t >> 8)) >> 8;
  }
}
