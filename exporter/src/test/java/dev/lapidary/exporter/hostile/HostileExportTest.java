package dev.lapidary.exporter.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.torchscript.archive.Attack;
import dev.lapidary.torchscript.pt2.ProgramAttack;
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
 * or writes a file that has libtorch's logits; of a program of torch.export {@code exporter
 * torchscript} as well. A process has a heap of 64 MB and 4 times the largest sample, and no case
 * may let its memory in all grow by more, so what takes more is an error here.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class HostileExportTest {
  @TempDir Path folder;

  @Test
  void endsInARefusalOrInParity() throws Exception {
    run(200, 134, 20);
  }

  @Tag("proof")
  @Test
  void endsInARefusalOrInParityThousandsOfTimes() throws Exception {
    run(2500, 2000, 2000);
  }

  /** Two processes, with every second kind each: one would leave a processor idle. */
  private void run(int mutations, int others, int programs) throws Exception {
    List<Process> processes = new ArrayList<>();
    try {
      for (int half = 0; half < 2; half++) {
        processes.add(start(half, mutations, others, programs));
      }
      StringBuilder all = new StringBuilder();
      for (int half = 0; half < 2; half++) {
        int status = processes.get(half).waitFor();
        String text = Files.readString(log(half));
        System.out.print(text);
        assertThat(text.lines().filter(line -> line.startsWith("BAD "))).isEmpty();
        assertThat(status).as(text).isZero();
        all.append(text);
      }
      assertThat(all).containsPattern("MUTATED_CODE .*[1-9]\\d* exported with parity");
    } finally {
      processes.forEach(Process::destroy);
    }
  }

  private Path log(int half) {
    return folder.resolve("log" + half);
  }

  private Process start(int half, int mutations, int others, int programs) throws IOException {
    Path work = Files.createDirectory(folder.resolve("work" + half));
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
            String.valueOf(others),
            String.valueOf(programs)));
    for (Attack attack : Attack.values()) {
      if (attack.ordinal() % 2 == half) {
        command.add(attack.name());
      }
    }
    for (ProgramAttack attack : ProgramAttack.values()) {
      if (attack.ordinal() % 2 == half) {
        String kind = HostileExports.PROGRAM + attack.name();
        command.add(kind);
        command.add(HostileExports.TORCHSCRIPT + kind);
      }
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    builder.environment().put("OMP_NUM_THREADS", "1");
    return builder.redirectOutput(log(half).toFile()).start();
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
