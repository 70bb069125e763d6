package dev.lapidary.benchmarks;

import dev.lapidary.core.cli.ResidentMemory;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * {@code bin/benchmark memory DATA ARCH [EPOCHS]}: the resident memory of {@code trainer run} as
 * its epochs end, 50 unless told, and what it grows by after the fifth. Linux.
 */
final class MemoryBench {
  private static final Pattern EPOCH = Pattern.compile("epoch \\d+/\\d+ .*");
  private static final int FIRST = 5;

  private MemoryBench() {}

  public static void main(String[] arguments) throws Exception {
    Usage.require(arguments.length >= 2, "memory DATA ARCH [EPOCHS]");
    int epochs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 50;
    try (ScratchFolder folder = ScratchFolder.create("memory")) {
      List<Long> bytes = run(folder.path(), arguments[0], arguments[1], epochs);
      for (int epoch = FIRST; epoch <= epochs; epoch += FIRST) {
        System.out.printf("after %2d epochs %6d MiB%n", epoch, bytes.get(epoch - 1) >> 20);
      }
      System.out.printf(
          Locale.ROOT,
          "after %d epochs %.3f of that after %d%n",
          epochs,
          (double) bytes.get(epochs - 1) / bytes.get(FIRST - 1),
          FIRST);
    }
  }

  private static List<Long> run(Path folder, String data, String arch, int epochs)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("run", "--data", data, "--arch", arch));
    command.addAll(List.of("--freeze-epochs", "0", "--epochs", Integer.toString(epochs)));
    command.addAll(List.of("--augment", "hflip", "--out", folder.resolve("run").toString()));
    Process process =
        ChildJvm.of(ChildJvm.TRAINERS, TrainerMain.class.getName(), command)
            .redirectErrorStream(true)
            .start();
    List<Long> bytes = new ArrayList<>();
    StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.append(line).append('\n');
        if (EPOCH.matcher(line).matches()) {
          bytes.add(ResidentMemory.bytes(process.pid()).orElse(0));
        }
      }
    }
    if (process.waitFor() != 0 || bytes.size() < epochs) {
      throw new IOException("the run failed: " + said);
    }
    return bytes;
  }
}
