package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.cli.RootCommand;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** Serves ONNX image classifiers over HTTP, and measures it. */
@Command(
    name = "serve",
    description = "Serves ONNX image classifiers over HTTP with dynamic batching.")
public final class ServeMain implements RootCommand {
  @Override
  public List<Class<?>> commands() {
    return List.of(RunCommand.class, BenchCommand.class, HealthCommand.class);
  }

  @Override
  public Map<String, String> otherNames() {
    Map<String, String> names = new TreeMap<>();
    to(names, "serve run", "start", "up", "serve", "deploy");
    to(names, "serve bench", "benchmark", "perf", "load");
    to(names, "trainer predict MODEL DIR|FILES", "predict", "infer");
    to(names, "--max-batch", "--batch", "--batch-size", "--max-batch-size");
    to(names, "--max-delay-ms", "--max-batch-delay", "--batch-timeout", "--max-latency");
    to(names, "--threads", "--workers", "--num-threads", "--intra-op-threads");
    to(names, "--port", "--http-port", "-p");
    to(names, "--host", "--bind", "--address", "--listen");
    to(names, "--model", "--model-store", "--model-repository", "--models");
    to(names, "--queue", "--queue-size", "--backlog");
    to(names, "--deadline-ms", "--timeout", "--request-timeout");
    return names;
  }

  private static void to(Map<String, String> names, String ours, String... theirs) {
    for (String word : theirs) {
      names.put(word, ours);
    }
  }

  public static void main(String... arguments) {
    System.exit(run(arguments));
  }

  /**
   * Returns the exit status. {@code serve run} returns when the server has stopped: by a signal, or
   * by an interrupt of the calling thread.
   */
  public static int run(String... arguments) {
    return CommandTree.run(new ServeMain(), arguments);
  }

  /** The same with the two streams given. */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return CommandTree.run(new ServeMain(), out, err, arguments);
  }
}
