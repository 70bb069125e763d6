package dev.lapidary.serve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.cli.Program;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

/** Serves ONNX image classifiers over HTTP, and measures it. */
@Command(
    name = "serve",
    description = "Serves ONNX image classifiers over HTTP with dynamic batching.",
    subcommands = {RunCommand.class, BenchCommand.class})
public final class ServeMain {
  public static void main(String... arguments) {
    System.exit(run(arguments));
  }

  /**
   * Returns the exit status. {@code serve run} returns when the server has stopped: by a signal, or
   * by an interrupt of the calling thread.
   */
  public static int run(String... arguments) {
    return run(
        new PrintWriter(System.out, true, UTF_8),
        new PrintWriter(System.err, true, UTF_8),
        arguments);
  }

  /** The same with the two streams given. */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return Program.run(new ServeMain(), out, err, arguments);
  }
}
