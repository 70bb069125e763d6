package dev.lapidary.torchscript.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RoundTripTest {
  @TempDir Path folder;

  static Stream<Path> archives() {
    return Stream.concat(Stream.of(kinds()), golden());
  }

  static Path kinds() {
    try {
      return Path.of(RoundTripTest.class.getResource("/weights/kinds.pt").toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Path> golden() {
    return Golden.FAMILIES.stream()
        .flatMap(
            family ->
                Stream.of("scripted", "traced").flatMap(k -> Golden.archive(family, k).stream()));
  }

  @ParameterizedTest
  @MethodSource("archives")
  void readsWhatItWrote(Path original) throws IOException {
    TorchScriptArchive read = ArchiveReader.read(original);
    Path first = folder.resolve("first.pt");
    ArchiveWriter.write(read, first);
    TorchScriptArchive again = ArchiveReader.read(first);

    assertThat(again.name()).isEqualTo(read.name());
    assertThat(again.version()).isEqualTo(read.version());
    assertThat(again.code()).isEqualTo(read.code());
    assertThat(Values.of(again.root())).isEqualTo(Values.of(read.root()));
    assertThat(Values.of(again.constants())).isEqualTo(Values.of(read.constants()));

    Path second = folder.resolve("second.pt");
    ArchiveWriter.write(again, second);
    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
  }
}
