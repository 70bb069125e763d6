package dev.lapidary.core.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
  /** FIPS 180-2, B.1. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir private Path folder;

  @Test
  void everyWayGivesTheSame() throws IOException {
    byte[] bytes = "abc".getBytes(UTF_8);
    assertThat(Sha256.of("abc")).isEqualTo(ABC);
    assertThat(Sha256.of(bytes)).isEqualTo(ABC);
    assertThat(Sha256.of(ByteBuffer.wrap("-abc".getBytes(UTF_8)).position(1))).isEqualTo(ABC);
    assertThat(Sha256.of(new ByteArrayInputStream(bytes))).isEqualTo(ABC);
    assertThat(Sha256.of(Files.write(folder.resolve("a"), bytes))).isEqualTo(ABC);
    MessageDigest digest = Sha256.digest();
    digest.update((byte) 'a');
    digest.update("bc".getBytes(UTF_8));
    assertThat(Sha256.hex(digest)).isEqualTo(ABC);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> Sha256.of(folder.resolve("b")))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessageContaining("b] cannot be read");
  }
}
