package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs of version 0.1.0 go on (docs/stability.md): the files of {@code compat/b5542fc} are of that
 * commit's own trainer, {@code extended.pt} of its {@code extend}.
 */
class OldRunTest {
  private static final Path OLD = Path.of("src/test/resources/compat/b5542fc");

  @TempDir Path folder;

  @Test
  void anOldRunIsExtendedToTheBytesThatItsOwnVersionGave() throws IOException {
    Path run = folder.resolve("run");
    copy(OLD.resolve("run"), run);
    assertThat(TrainerMain.run("extend", run.toString(), "--epochs", "2")).isZero();
    assertThat(run.resolve("model.pt")).hasSameBinaryContentAs(OLD.resolve("extended.pt"));
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> all;
    try (Stream<Path> found = Files.walk(from)) {
      all = found.toList();
    }
    for (Path each : all) {
      Files.copy(each, to.resolve(from.relativize(each).toString()));
    }
  }
}
