package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferComparisonTest {
  @TempDir private Path folder;

  /** By hand: mean 0.8, standard deviation 0.1, t 4.303 for three seeds. */
  @Test
  void theIntervalIsStudents() {
    SeedMean mean = SeedMean.of(List.of(0.7, 0.8, 0.9));
    assertThat(mean.mean()).isCloseTo(0.8, within(1e-12)); // rounding
    assertThat(mean.high() - mean.mean()).isCloseTo(4.303 * 0.1 / Math.sqrt(3), within(1e-12));
    assertThat(SeedMean.of(List.of(0.95, 0.96)).isAbove(SeedMean.of(List.of(0.2, 0.21)))).isTrue();
    assertThat(mean.isAbove(SeedMean.of(List.of(0.5, 0.8)))).isFalse();
  }

  /** A stand-in for trainer: transfer is best at 0.1, scratch at 0.3. */
  @Test
  void eachSideIsTestedWithItsOwnBestRate() throws Exception {
    String table = new TransferComparison(standIn(0.5), log()).run(setting());
    assertThat(table)
        .contains("20 images of each to train on, 20 to choose epoch and rate by, 2 seeds")
        .containsPattern("transfer +0.8000 +0.6000 +0.1 +0.9[0-9]+")
        .containsPattern("from scratch +0.4000 +0.5000 +0.3 +0.5[0-9]+");
  }

  @Test
  void overlappingIntervalsAreRefused() throws IOException {
    TransferComparison comparison = new TransferComparison(standIn(0.9), log());
    assertThatThrownBy(() -> comparison.run(setting()))
        .isInstanceOf(Failure.class)
        .hasMessage("transfer is not better than training from scratch: intervals overlap");
  }

  @Test
  void aRunThatFailsIsNamed() throws IOException {
    Path trainer = script("echo 'error: no room' >&2; exit 1");
    assertThatThrownBy(() -> new TransferComparison(trainer, log()).run(setting()))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("trainer run ended with 1: error: no room; all of it is in ");
  }

  private TransferComparison.Setting setting() throws IOException {
    Path out = folder.resolve("out");
    for (String images : List.of("images-1", "images-2", "test")) {
      Files.createDirectories(out.resolve(images)); // already cut
    }
    return new TransferComparison.Setting(
        folder, "net", folder.resolve("w"), 20, 2, List.of(0.1, 0.3), 1, 16, 2, out);
  }

  private Path standIn(double scratch) throws IOException {
    return script(
        """
        case "$*" in
          evaluate*transfer-1*) echo '{"accuracy":0.90}' ;;
          evaluate*transfer-2*) echo '{"accuracy":0.91}' ;;
          evaluate*scratch-1*) echo '{"accuracy":%1$s0}' ;;
          evaluate*scratch-2*) echo '{"accuracy":%1$s1}' ;;
          run*--weights*) v=0.8; case "$*" in *lr=0.3*) v=0.6 ;; esac ;;
          run*) v=0.4; case "$*" in *lr=0.3*) v=0.5 ;; esac ;;
        esac
        for a in "$@"; do case "$a" in
          --out=*) mkdir -p "${a#--out=}"; touch "${a#--out=}/model.pt"
            echo "{\\"val_accuracy\\":$v}" > "${a#--out=}/metrics.jsonl" ;;
        esac; done
        """
            .formatted(scratch));
  }

  private Path script(String body) throws IOException {
    Path file = folder.resolve("trainer");
    Files.writeString(file, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  private static PrintWriter log() {
    return new PrintWriter(new StringWriter());
  }
}
