package dev.lapidary.core.image;

import com.google.errorprone.annotations.FormatMethod;

/**
 * One image that is refused. Its message is one line without the file's name, which the caller
 * knows; a server turns it into the error of that image alone, a trainer into a line of its scan.
 */
public final class UndecodableImage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why, for programs; the message is for people. */
  public enum Code {
    /** Not an image of a format that is read, truncated, or damaged. */
    UNDECODABLE("undecodable"),
    /** Over a limit of {@link ImageLimits}. */
    TOO_LARGE("too_large");

    private final String text;

    Code(String text) {
      this.text = text;
    }

    /** As JSON answers spell it. */
    public String text() {
      return text;
    }
  }

  private final Code code;
  private final String format;

  private UndecodableImage(Code code, String message, String format) {
    // No stack trace: a server refuses thousands of these a second, and nobody reads where.
    super(message, null, false, false);
    this.code = code;
    this.format = format;
  }

  /** Not an image that can be read, for this reason. */
  @FormatMethod
  public static UndecodableImage broken(String format, Object... arguments) {
    return new UndecodableImage(Code.UNDECODABLE, String.format(format, arguments), "");
  }

  @FormatMethod
  static UndecodableImage tooLarge(String format, Object... arguments) {
    return new UndecodableImage(Code.TOO_LARGE, String.format(format, arguments), "");
  }

  /**
   * @param format such as HEIC
   */
  static UndecodableImage foreign(String format) {
    return new UndecodableImage(
        Code.UNDECODABLE,
        "expected JPEG, PNG, WebP, BMP or GIF but found %s (convert it)".formatted(format),
        format);
  }

  /** The same refusal, its place put in front: {@code image 3: …}. */
  public UndecodableImage at(String source) {
    return new UndecodableImage(code, source + ": " + getMessage(), format);
  }

  /** The name of the format of an image whose format is not read; empty for any other refusal. */
  public String format() {
    return format;
  }

  public Code code() {
    return code;
  }
}
