package dev.lapidary.serve.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.serve.access.ApiKeys.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeysTest {
  private static final String FIRST = "0123456789abcdef";
  private static final String SECOND = "fedcba9876543210+/=";

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("keys");
  }

  private ApiKeys of(String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return ApiKeys.read(file);
  }

  private static Verdict bearer(ApiKeys keys, String... values) {
    return keys.judge(List.of(values), List.of());
  }

  private static Verdict header(ApiKeys keys, String... values) {
    return keys.judge(List.of(), List.of(values));
  }

  @Test
  void knowsEachKeyInEitherHeaderAndNoOther() throws IOException {
    ApiKeys keys = of("# ours\n\n " + FIRST + " \r\nphone app:" + SECOND + "\n");
    assertThat(keys.count()).isEqualTo(2);
    assertThat(keys.warnings()).isEmpty();
    for (String key : List.of(FIRST, SECOND)) {
      assertThat(header(keys, key)).isEqualTo(Verdict.KNOWN);
      assertThat(bearer(keys, "Bearer " + key)).isEqualTo(Verdict.KNOWN);
      assertThat(bearer(keys, "bEARER  " + key)).isEqualTo(Verdict.KNOWN);
      assertThat(bearer(keys, key)).isEqualTo(Verdict.NONE_SHOWN);
      assertThat(bearer(keys, "Basic " + key)).isEqualTo(Verdict.NONE_SHOWN);
      assertThat(header(keys, key + "x")).isEqualTo(Verdict.UNKNOWN);
      assertThat(header(keys, key.substring(1))).isEqualTo(Verdict.UNKNOWN);
      assertThat(header(keys, key.toUpperCase(java.util.Locale.ROOT) + "Z"))
          .isEqualTo(Verdict.UNKNOWN);
    }
    assertThat(header(keys, "# ours")).isEqualTo(Verdict.UNKNOWN);
    assertThat(header(keys, "")).isEqualTo(Verdict.UNKNOWN);
    assertThat(header(keys, "phone app:" + SECOND)).isEqualTo(Verdict.UNKNOWN);
    assertThat(keys.judge(List.of(), List.of())).isEqualTo(Verdict.NONE_SHOWN);
    // A proxy's own credentials beside a right key take nothing from it.
    assertThat(keys.judge(List.of("Basic YTpi"), List.of(FIRST))).isEqualTo(Verdict.KNOWN);
  }

  @Test
  void refusesFilesThatAreNoKeysAndNeverSaysOne() throws IOException {
    assertThatThrownBy(() -> of("# none\n\n"))
        .hasMessage("[%s] holds no key, expected one a line, as KEY or NAME:KEY".formatted(file));
    assertThatThrownBy(() -> of("a:" + FIRST + "\n" + SECOND + "\nb:" + FIRST + "\n"))
        .hasMessage("[%s] lines 1 and 3 have the same key".formatted(file));
    for (String wrong : List.of("two words", "name:", "kéy-of-sixteen-chars")) {
      assertThatThrownBy(() -> of(FIRST + "\n" + wrong))
          .hasMessage(
              ("[%s] line 2 has no key that a header can carry, expected visible ASCII without"
                      + " blanks, as KEY or NAME:KEY")
                  .formatted(file));
    }
    assertThatThrownBy(() -> ApiKeys.read(folder.resolve("none")))
        .hasMessage("[%s] there is no such file".formatted(folder.resolve("none")));
  }

  @Test
  void warnsOfKeysThatOthersReadOrGuess() throws IOException {
    ApiKeys keys = of("short\n");
    assertThat(keys.warnings())
        .containsExactly(
            "[%s] the key of line 1 has 5 characters and can be guessed; give it 16 or more"
                .formatted(file));
    Files.writeString(file, FIRST);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(ApiKeys.read(file).warnings())
        .containsExactly(
            "[%s] others on this machine can read the keys (rw-r-----); chmod 600 it"
                .formatted(file));
  }
}
