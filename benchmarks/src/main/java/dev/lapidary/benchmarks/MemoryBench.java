package dev.lapidary.benchmarks;

import dev.lapidary.trainer.cli.TrainerMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code bin/benchmark memory DATA ARCH [EPOCHS]}: the resident memory of {@code trainer run} as
 * its epochs end, 50 unless told, and what it grows by after the fifth. Linux.
 */
final class MemoryBench {
  private static final Pattern EPOCH = Pattern.compile("epoch \\d+/\\d+ .*");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final int FIRST = 5;

  private MemoryBench() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("error: usage: bin/benchmark memory DATA ARCH [EPOCHS]");
      System.exit(2);
    }
    int epochs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 50;
    Path folder = Files.createTempDirectory("memory");
    try {
      List<Long> kilobytes = run(folder, arguments[0], arguments[1], epochs);
      for (int epoch = FIRST; epoch <= epochs; epoch += FIRST) {
        System.out.printf("after %2d epochs %6d MiB%n", epoch, kilobytes.get(epoch - 1) >> 10);
      }
      System.out.printf(
          Locale.ROOT,
          "after %d epochs %.3f of that after %d%n",
          epochs,
          (double) kilobytes.get(epochs - 1) / kilobytes.get(FIRST - 1),
          FIRST);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static List<Long> run(Path folder, String data, String arch, int epochs)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(TrainerMain.class.getName(), "run", "--data", data, "--arch", arch));
    command.addAll(List.of("--freeze-epochs", "0", "--epochs", Integer.toString(epochs)));
    command.addAll(List.of("--augment", "hflip", "--out", folder.resolve("run").toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<Long> kilobytes = new ArrayList<>();
    StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.append(line).append('\n');
        if (EPOCH.matcher(line).matches()) {
          kilobytes.add(resident(process.pid()));
        }
      }
    }
    if (process.waitFor() != 0 || kilobytes.size() < epochs) {
      throw new IOException("the run failed: " + said);
    }
    return kilobytes;
  }

  private static long resident(long process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process), "status");
    if (!Files.exists(status)) {
      return 0; // it has said its last line, and is gone
    }
    Matcher found = RESIDENT.matcher(Files.readString(status));
    return found.find() ? Long.parseLong(found.group(1)) : 0;
  }
}
