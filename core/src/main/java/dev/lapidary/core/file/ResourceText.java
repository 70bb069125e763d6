package dev.lapidary.core.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Text that comes with the program. */
public final class ResourceText {
  private ResourceText() {}

  /** In UTF-8, of the file beside a class. */
  public static String of(Class<?> beside, String file) {
    try (InputStream in = beside.getResourceAsStream(file)) {
      return new String(
          Objects.requireNonNull(in, () -> file + " is not on the class path, beside " + beside)
              .readAllBytes(),
          UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
