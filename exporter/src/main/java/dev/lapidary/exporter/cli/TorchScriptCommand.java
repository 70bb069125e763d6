package dev.lapidary.exporter.cli;

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
      "size. Plain libtorch loads it; it is written only if it gives the source's logits."
    })
final class TorchScriptCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ExportOptions export;

  @Override
  public Integer call() throws Exception {
    TorchScriptExport.Report report =
        TorchScriptExport.run(export, spec.commandLine().getErr()::println);
    spec.commandLine().getOut().println(export.json ? report.json() : report.text());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
