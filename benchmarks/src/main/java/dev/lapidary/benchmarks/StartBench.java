package dev.lapidary.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code bin/benchmark starts MODEL.onnx}: seconds of {@code trainer --help} and of {@code serve
 * run} until it listens, with the classes' archive that the launcher keeps and with Java's own. In
 * turn, round by round.
 */
final class StartBench {
  private static final int ROUNDS = 9;
  private static final String WITHOUT = "-XX:SharedArchiveFile=/none.jsa";

  private StartBench() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      System.err.println("error: usage: bin/benchmark starts MODEL.onnx");
      System.exit(2);
    }
    compare("trainer --help", "trainer", List.of("--help"), "Usage");
    List<String> run =
        List.of("run", "--model", arguments[0], "--port", "0", "--batching", "fixed");
    compare("serve, until ready", "serve", run, "listening on");
  }

  private static void compare(String what, String program, List<String> words, String answer)
      throws Exception {
    seconds(program, words, answer, ""); // a launcher builds, and keeps classes, once
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      without.add(seconds(program, words, answer, WITHOUT));
      with.add(seconds(program, words, answer, ""));
    }
    double before = Median.of(without);
    double after = Median.of(with);
    System.out.printf(
        Locale.ROOT,
        "%-19s %.2f s, with the archive %.2f s: %.2f%n",
        what,
        before,
        after,
        after / before);
  }

  private static double seconds(String program, List<String> words, String answer, String option)
      throws IOException, InterruptedException {
    String home = System.getProperty("lapidary.home", "");
    List<String> command = new ArrayList<>(List.of(Path.of(home, "bin", program).toString()));
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LAPIDARY_JAVA_OPTS", option);
    long begin = System.nanoTime();
    Process process = builder.start();
    try (BufferedReader said = process.inputReader()) {
      String line = said.readLine();
      while (line != null && !line.contains(answer)) {
        line = said.readLine();
      }
      if (line == null) {
        throw new IOException(program + " did not answer");
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      process.destroy();
      process.waitFor();
      return seconds;
    }
  }
}
