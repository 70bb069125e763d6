package dev.lapidary.exporter.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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

  @Parameters(
      paramLabel = "SOURCE",
      description = "run directory, TorchScript .pt, or a weights file with --arch")
  private Path source;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "the archive to write, such as model.pt")
  private Path out;

  @Mixin private SourceOptions options;

  @Option(names = "--force", description = "replace an existing file")
  private boolean force;

  @Option(names = "--json", description = "print what was written as JSON")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    TorchScriptExport.Request request = new TorchScriptExport.Request(source, out, options, force);
    TorchScriptExport.Report report =
        TorchScriptExport.run(request, spec.commandLine().getErr()::println);
    spec.commandLine().getOut().println(json ? report.json() : report.text());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
