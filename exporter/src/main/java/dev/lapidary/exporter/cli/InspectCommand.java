package dev.lapidary.exporter.cli;

import dev.lapidary.exporter.verify.Inspection;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code exporter inspect}. */
@Command(
    name = "inspect",
    description = {
      "Prints an ONNX file's card, inputs and outputs, operators, sizes, parameters, and the",
      "multiply-adds of one image."
    })
final class InspectCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "an ONNX file")
  private Path file;

  @Option(names = "--json", description = "print the result as JSON")
  private boolean json;

  @Override
  public void run() {
    Inspection inspection = Inspection.of(file);
    spec.commandLine().getOut().println(json ? inspection.json() : inspection.text());
    spec.commandLine().getOut().flush();
  }
}
