package dev.lapidary.exporter.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.verify.ModelRuntime;
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

  /**
   * Refuses (exit 3) what does not hold what it promises, unless it is written all the same.
   *
   * @param remedy beside {@code --force}
   */
  void requireForce(String lost, String remedy, WorkProgress log) {
    if (!force) {
      throw Failure.gate(
          "%s; nothing is written: %s, or write it all the same with --force", lost, remedy);
    }
    log.say("warning: written by --force: " + lost);
  }

  /** Reads the source, and loads meanwhile what will run it. */
  Source read(ModelRuntime... runtimes) {
    ModelRuntime.prepare(Source.file(source, model), runtimes);
    return Source.read(source, model);
  }
}
