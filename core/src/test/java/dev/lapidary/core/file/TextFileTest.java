package dev.lapidary.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {
  @TempDir private Path folder;

  /** As Notepad, Excel, PowerShell and Unix write the same three lines. */
  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
  void aByteOrderMarkIsNoPartOfTheText(String charset) throws IOException {
    Path file = write("\ufeffcat\r\ncaf\u00e9 \t\r\n\ndog\n \n\n", Charset.forName(charset));
    assertThat(TextFile.lines(file)).containsExactly("cat", "caf\u00e9", "", "dog");
    assertThat(TextFile.read(file)).startsWith("cat\r\n").endsWith("dog\n \n\n");
  }

  @Test
  void utf8WithoutAMarkAndAnEmptyFile() throws IOException {
    assertThat(TextFile.lines(write("\u00fc\rb", StandardCharsets.UTF_8)))
        .containsExactly("\u00fc", "b");
    assertThat(TextFile.lines(write("", StandardCharsets.UTF_8))).isEmpty();
    assertThat(TextFile.lines(write("\ufeff", StandardCharsets.UTF_8))).isEmpty();
  }

  @Test
  void otherEncodingsAreRefusedInWords() throws IOException {
    refused(
        write("a\ncaf\u00e9\n", StandardCharsets.ISO_8859_1),
        "is not UTF-8 text: byte e9 in line 2; save it as UTF-8");
    refused(
        write("a\n", StandardCharsets.UTF_16LE),
        "is not UTF-8 text: it has zero bytes, as UTF-16 without a byte order mark and binary files"
            + " have; save it as UTF-8");
    refused(write("\ufeffa", Charset.forName("UTF-32LE")), "is UTF-32 text; save it as UTF-8");
    refused(
        Files.write(folder.resolve("half"), new byte[] {-1, -2, 0, (byte) 0xd8, 'a', 0}),
        "is damaged UTF-16 text at byte 2; save it as UTF-8");
    refused(folder.resolve("absent"), "there is no such file");
    refused(folder, "is a folder; expected a text file");
  }

  private static void refused(Path file, String message) {
    assertThatThrownBy(() -> TextFile.read(file))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage("[%s] " + message, file);
  }

  private Path write(String text, Charset charset) throws IOException {
    return Files.write(folder.resolve("text"), text.getBytes(charset));
  }
}
