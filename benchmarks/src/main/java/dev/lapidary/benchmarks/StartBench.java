package dev.lapidary.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code bin/benchmark starts MODEL.onnx [CHECKOUT]}: seconds of {@code trainer --help} and of
 * {@code serve run} until it listens, with the classes' archive that the launcher keeps and with
 * Java's own, or beside another checkout. In turn, round by round.
 */
final class StartBench {
  private static final int ROUNDS = 9;
  private static final String WITHOUT = "-XX:SharedArchiveFile=/none.jsa";

  private StartBench() {}

  public static void main(String[] arguments) throws Exception {
    Usage.require(arguments.length == 1 || arguments.length == 2, "starts MODEL.onnx [CHECKOUT]");
    Contender own = new Contender("with its archive", System.getProperty("lapidary.home", ""), "");
    Contender other =
        arguments.length > 1
            ? new Contender(arguments[1], arguments[1], "")
            : new Contender("with Java's own", own.home(), WITHOUT);
    compare("trainer --help", own, other, "Usage", List.of("trainer", "--help"));
    List<String> serve = List.of("serve", "run", "--model", arguments[0], "--port", "0");
    seconds(own, serve, "(measured"); // the curve, which is kept
    compare("serve, until ready", own, other, "listening on", serve);
  }

  /**
   * @param home the checkout
   * @param option of the JVM
   */
  private record Contender(String name, String home, String option) {}

  private static void compare(
      String what, Contender own, Contender other, String answer, List<String> words)
      throws Exception {
    seconds(own, words, answer); // a launcher builds, and keeps classes, once
    seconds(other, words, answer);
    List<Double> these = new ArrayList<>();
    List<Double> others = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      others.add(seconds(other, words, answer));
      these.add(seconds(own, words, answer));
    }
    System.out.println(ComparisonRow.row(what + ", s", own.name(), these, other.name(), others));
  }

  private static double seconds(Contender contender, List<String> words, String answer)
      throws IOException, InterruptedException {
    String program = words.get(0);
    List<String> command =
        new ArrayList<>(List.of(Path.of(contender.home(), "bin", program).toString()));
    command.addAll(words.subList(1, words.size()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LAPIDARY_JAVA_OPTS", contender.option());
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
