package dev.lapidary.exporter.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code exporter torchscript}. */
@Command(
    name = "torchscript",
    description = {
      "Writes a TorchScript archive for inference: BatchNorm folded, training code gone, any batch",
      "size. Plain libtorch loads it; it is written only if it gives the source's logits. With",
      "--quantize int8 on integers, by libtorch's quantized operators; other methods are for ONNX."
    })
final class TorchScriptCommand implements Callable<Integer>, HelpSection.Command {
  @Spec private CommandSpec spec;

  @Mixin private ExportOptions export;

  @Mixin private QuantizeOptions quantize;

  @Override
  public List<HelpSection> sections() {
    List<HelpSection> sections = new ArrayList<>(new OnnxCommand().sections());
    sections.set(0, new HelpSection("Output", List.of("--out", "--force", "--json"), List.of()));
    return sections;
  }

  @Override
  public Integer call() throws Exception {
    TorchScriptExport.Report report =
        TorchScriptExport.run(export, quantize, TerminalProgress.of(spec.commandLine().getErr()));
    spec.commandLine().getOut().println(export.json ? report.json() : report.text());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
