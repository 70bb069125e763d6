package dev.lapidary.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFileTest {
  @TempDir private Path folder;

  @Test
  void namesHaveNoMarkNoBlanksAndNoEmptyLines() throws IOException {
    Path file = folder.resolve("labels.txt");
    Files.writeString(file, "\ufeff a\r\n\r\nsea lion \t\r\nb");
    assertThat(LabelFile.read(file)).containsExactly("a", "sea lion", "b");
    Files.write(file, "\ufeffa\r\nb\r\n".getBytes(StandardCharsets.UTF_16LE));
    assertThat(LabelFile.read(file)).containsExactly("a", "b");
    Files.writeString(file, "\ufeff\n \n");
    assertThatThrownBy(() -> LabelFile.read(file))
        .hasMessage("[%s] is empty; write one label a line", file);
  }
}
