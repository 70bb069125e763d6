package dev.lapidary.exporter.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.models.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is done to an archive: {@code exporter onnx} refuses it in one line with an exit code,
 * or writes a file that has libtorch's logits. The process has a heap of 64 MB and 4 times the
 * largest sample, so what takes more ends as an error here.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class HostileExportTest {
  @TempDir Path folder;

  @Test
  void endsInARefusalOrInParity() throws Exception {
    run(200, 134);
  }

  @Tag("proof")
  @Test
  void endsInARefusalOrInParityThousandsOfTimes() throws Exception {
    run(2500, 2000);
  }

  private void run(int mutations, int others) throws Exception {
    Path work = Files.createDirectory(folder.resolve("work"));
    Path log = folder.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx" + ((64L << 20) + 4 * largest()),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dai.djl.offline=true",
            "-Dai.djl.pytorch.num_threads=1",
            "-Dai.djl.pytorch.num_interop_threads=1",
            "-DOPT_OUT_TRACKING=true",
            "-cp",
            System.getProperty("java.class.path"),
            HostileExports.class.getName(),
            work.toString(),
            String.valueOf(mutations),
            String.valueOf(others)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    builder.environment().put("OMP_NUM_THREADS", "1");
    Process process = builder.redirectOutput(log.toFile()).start();
    int status = process.waitFor();
    String text = Files.readString(log);
    System.out.print(text);
    assertThat(text.lines().filter(line -> line.startsWith("BAD "))).isEmpty();
    assertThat(status).as(text).isZero();
    assertThat(text).containsPattern("MUTATED_CODE .*[1-9]\\d* exported with parity");
  }

  private static long largest() throws IOException {
    long largest = 0;
    for (String family : Golden.FAMILIES) {
      for (String kind : List.of("scripted", "traced")) {
        var archive = Golden.archive(family, kind);
        largest = Math.max(largest, archive.isPresent() ? Files.size(archive.get()) : 0);
      }
    }
    return largest;
  }
}
