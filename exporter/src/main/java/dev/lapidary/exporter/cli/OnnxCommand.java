package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxOutput;
import dev.lapidary.exporter.pass.EmbedPreprocessing;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import dev.lapidary.exporter.verify.ModelRuntime;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code exporter onnx}. */
@Command(
    name = "onnx",
    description = {
      "Compiles a model to ONNX with a dynamic batch, proves that ONNX Runtime gives libtorch's",
      "logits, and puts the model card, with the proof, into the file."
    })
final class OnnxCommand extends ProgramCommand implements HelpSection.Command {
  @Mixin private ExportOptions export;

  @Option(
      names = "--opset",
      paramLabel = "N",
      description =
          "version of ai.onnx, "
              + GraphLowering.MIN_OPSET
              + " to "
              + GraphLowering.MAX_OPSET
              + "; unless told 17, with --embed-resize "
              + EmbedPreprocessing.MIN_RESIZE_OPSET
              + ", where static int8 is written "
              + OnnxExport.INTEGER_OPSET
              + ", which is the oldest whose DequantizeLinear ONNX's reference evaluator has",
      showDefaultValue = Visibility.NEVER)
  private Optional<Integer> opset = Optional.empty();

  @Option(
      names = "--embed-preprocessing",
      description =
          "take images as levels: uint8 [N,H,W,C] of the card's crop size, scaled and normalized in"
              + " the graph; decoding, resize and crop stay outside")
  private boolean embed;

  @Option(
      names = "--embed-resize",
      description =
          "as --embed-preprocessing, and resize and crop in the graph too: uint8 [N,H,W,3] of any"
              + " one size, so that a client only decodes; bilinear and bicubic")
  private boolean embedResize;

  @Option(
      names = "--external-data-over",
      paramLabel = "BYTES",
      description =
          "weights of more than that, by default what one ONNX file can hold, go into one file"
              + " beside the model, NAME-CHECKSUM.onnx.data")
  private long maxInlineBytes = OnnxOutput.MAX_INLINE_BYTES;

  @Option(
      names = "--card-file",
      description =
          "write the model card beside the model as well, NAME.card.json, for runtimes that cannot"
              + " read it in there")
  private boolean cardFile;

  @Option(
      names = "--head-of",
      paramLabel = "TRUNK.onnx",
      description =
          "write the last layer alone, to be served behind that file of features, which --output"
              + " features wrote of the same frozen network; both together are proven. With"
              + " --calibration for golden images, and for a quantized trunk",
      showDefaultValue = Visibility.NEVER)
  private Optional<Path> headOf = Optional.empty();

  @Mixin private QuantizeOptions quantize;

  @Option(names = "--timings", description = "print time and memory of each step to stderr")
  private boolean timings;

  @Override
  public List<HelpSection> sections() {
    return List.of(
        HelpSection.of(
            "Output",
            "--out --force --json",
            "--opset --embed-preprocessing --embed-resize --external-data-over --card-file --timings"),
        HelpSection.of(
            "Weights, and archives without a card",
            "--arch --labels",
            "--input --resize --interpolation --crop --mean --std --alpha --activation --scores"
                + " --output --head-of --output-index --output-key"),
        HelpSection.of(
            "Quantization",
            "--quantize --calibration --guard --max-drop",
            "--target --calibration-images --guard-images --min-speedup --costs --measure-costs"
                + " --report --on-bad-image"));
  }

  private EmbeddedSteps steps() {
    if (embedResize) {
      return EmbeddedSteps.RESIZE;
    }
    return embed ? EmbeddedSteps.NORMALIZE : EmbeddedSteps.NONE;
  }

  @Override
  public Integer call() throws Exception {
    if (maxInlineBytes < 0 || maxInlineBytes > OnnxOutput.MAX_INLINE_BYTES) {
      throw Failure.badInput(
          "--external-data-over is %d; expected 0 to %d bytes",
          maxInlineBytes, OnnxOutput.MAX_INLINE_BYTES);
    }
    if (ModelRuntime.of(export.out) != ModelRuntime.ONNX_RUNTIME) {
      throw Failure.badInput(
          "--out %s: choose a name that ends in .onnx, by which files are told apart", export.out);
    }
    Path beside = CardCommand.beside(export.out);
    if (cardFile) {
      AtomicFile.requireAbsent(beside, export.force);
    }
    PrintWriter err = err();
    OnnxExport.Request request =
        new OnnxExport.Request(export, opset, steps(), maxInlineBytes, quantize);
    OnnxReport report =
        headOf.isPresent()
            ? HeadExport.run(request, headOf.get(), TerminalProgress.of(err))
            : OnnxExport.run(request, TerminalProgress.of(err));
    if (cardFile) {
      CardCommand.write(CardJson.write(report.card()), beside);
    }
    print(export.json ? report.json() : report.text());
    if (!export.json && export.model.layer == null) {
      report.lacking().ifPresent(this::print);
    }
    if (timings) {
      err.print(report.timings().report());
      err.flush();
    }
    return 0;
  }
}
