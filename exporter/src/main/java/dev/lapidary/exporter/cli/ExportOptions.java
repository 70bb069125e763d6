package dev.lapidary.exporter.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every command that writes a model takes: where from, where to, and how it answers. */
final class ExportOptions {
  @Parameters(
      paramLabel = "SOURCE",
      description = "run directory, TorchScript .pt, torch.export .pt2, or weights with --arch")
  Path source;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "the file to write, .onnx or .pt")
  Path out;

  @Mixin SourceOptions model;

  @Option(
      names = "--force",
      description =
          "replace an existing file; and write a quantized one that does not hold what it promises")
  boolean force;

  @Option(names = "--json", description = "print what was written as JSON")
  boolean json;

  /**
   * Refuses (exit 2) what must not be replaced, before the work begins: the source is not given up
   * for what is made of it.
   */
  void requireOut() throws IOException {
    if (Files.exists(out) && Files.exists(source) && Files.isSameFile(out, source)) {
      throw Failure.badInput("%s is the source itself; choose another --out", out);
    }
    AtomicFile.requireAbsent(out, force);
  }
}
