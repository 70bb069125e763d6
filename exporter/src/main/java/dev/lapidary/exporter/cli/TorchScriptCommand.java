package dev.lapidary.exporter.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code exporter torchscript}. */
@Command(
    name = "torchscript",
    description = {
      "Writes a TorchScript archive for inference: BatchNorm folded, training code gone, any batch",
      "size. Plain libtorch loads it; it is written only if it gives the source's logits. With",
      "--quantize int8 on integers, by libtorch's quantized operators; other methods are for ONNX."
    })
final class TorchScriptCommand extends ProgramCommand implements HelpSection.Command {

  @Mixin private ExportOptions export;

  @Mixin private QuantizeOptions quantize;

  @Override
  public List<HelpSection> sections() {
    List<HelpSection> sections = new ArrayList<>(new OnnxCommand().sections());
    sections.set(0, HelpSection.of("Output", "--out --force --json", ""));
    return sections;
  }

  @Override
  public Integer call() throws Exception {
    TorchScriptExport.Report report =
        TorchScriptExport.run(export, quantize, TerminalProgress.of(err()));
    print(export.json ? report.json() : report.text());
    return 0;
  }
}
