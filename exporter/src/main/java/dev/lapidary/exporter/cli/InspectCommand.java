package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.verify.Inspection;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code exporter inspect}. */
@Command(
    name = "inspect",
    description = {
      "Prints a file's card, inputs and outputs, operators, sizes, parameters, and the"
          + " multiply-adds",
      "of one image."
    })
final class InspectCommand extends ProgramCommand {
  private static final int OPSET = 17;

  @Parameters(
      paramLabel = "FILE",
      description = "an ONNX file, a TorchScript archive, a .pt2, a run, or weights with --arch")
  private Path file;

  @Mixin private SourceOptions options;

  @Option(names = "--json", description = "print the result as JSON")
  private boolean json;

  @Override
  public Integer call() {
    Inspection inspection = isSource() ? ofSource() : Inspection.of(file);
    print(json ? inspection.json() : inspection.text());
    return 0;
  }

  private boolean isSource() {
    if (options.arch != null || Files.isDirectory(file)) {
      return true;
    }
    try {
      return CardCommand.isArchive(file);
    } catch (IOException e) {
      return false; // the ONNX reader says what is wrong with it
    }
  }

  private Inspection ofSource() {
    try (Source source = Source.read(file, options)) {
      ModelCard card = Cards.of(source, options);
      Graph traced = Tracer.trace(source.archive(), Cards.image(card, options.output()));
      OnnxGraph onnx = GraphLowering.lower(traced, OPSET);
      Passes.run(onnx);
      byte[] own = source.archive().extra().getOrDefault(TorchScriptArchive.CARD, new byte[0]);
      String text = new String(own, StandardCharsets.UTF_8);
      return Inspection.of(source.file(), source.archive(), traced, onnx, text);
    }
  }
}
