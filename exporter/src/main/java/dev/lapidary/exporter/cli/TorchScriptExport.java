package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.exporter.quantize.SourceQuantization;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.GoldenImages;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The way from an archive to a proven inference archive. */
final class TorchScriptExport {
  private TorchScriptExport() {}

  /** What was written. */
  record Report(Path out, long bytes, ModelCard.Parity parity) {

    String json() {
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("file", String.valueOf(out.getFileName())).put("bytes", bytes);
      Proof.put(json, parity);
      return json.put("bound", parity.bound()).toString();
    }

    String text() {
      boolean plain = parity.reference().equals(ModelRuntime.LIBTORCH.label());
      return String.format(
          Locale.ROOT,
          "%s: %.2f MB; differs from its source %s%s",
          out,
          bytes / 1e6,
          plain ? "" : "in " + parity.reference() + " ",
          Proof.text(parity));
    }
  }

  /**
   * @param log gets lines of progress
   * @throws Failure with nothing written
   */
  static Report run(ExportOptions export, Consumer<String> log) throws IOException {
    if (ModelRuntime.of(export.out) != ModelRuntime.LIBTORCH) {
      throw Failure.badInput(
          "--out %s names an ONNX file; choose a name that ends in .pt", export.out);
    }
    export.requireOut();
    ModelRuntime.prepare(Source.file(export.source, export.model), ModelRuntime.LIBTORCH);
    try (Source source = Source.read(export.source, export.model)) {
      source.say(log);
      ModelCard described = Cards.of(source, export.model);
      Graph traced = Tracer.trace(source.archive(), traceOptions(export, described));
      ModelCard card = Cards.scored(described, traced, source, export.model);
      Cards.requireAName(traced, export.model);
      Optional<SourceQuantization> quantized = SourceQuantization.of(traced);
      requireFloat(quantized, source);
      TorchScriptArchive archive = InferenceArchive.of(traced, source.archive());
      TracedWitness.Traced trace = new TracedWitness.Traced(source.archive(), traced);
      Tolerance tolerance = quantized.map(SourceQuantization::tolerance).orElse(Tolerance.FLOAT32);
      ModelCard[] proven = new ModelCard[1];
      try {
        AtomicFile.write(
            export.out,
            file ->
                proven[0] = prove(export, source.file(), trace, archive, card, file, tolerance));
      } catch (FileSystemException e) {
        throw e; // names the place, and why
      } catch (IOException e) {
        throw Failure.failed(
            "%s cannot be written: %s; nothing of it is left: make room, or choose another --out",
            export.out, Failure.reason(e));
      }
      return new Report(export.out, Files.size(export.out), proven[0].parity().orElseThrow());
    }
  }

  /**
   * What is packed for libtorch's integer kernels is folded and for inference alone already. A
   * program of torch.export is neither: nothing but Python loads it.
   */
  private static void requireFloat(Optional<SourceQuantization> quantized, Source source) {
    if (quantized.filter(q -> source.origin().isEmpty() || q.computesOnIntegers()).isPresent()) {
      throw Failure.unsupported(
          "[%s] is quantized, and for inference alone already: load it as it is; 'exporter onnx'"
              + " writes its integers to an ONNX file",
          source.archive().name());
    }
  }

  /** Fills the file that is not in place yet; whatever refuses here leaves nothing behind. */
  private static ModelCard prove(
      ExportOptions export,
      Path source,
      TracedWitness.Traced trace,
      TorchScriptArchive archive,
      ModelCard described,
      Path file,
      Tolerance tolerance)
      throws IOException {
    ArchiveWriter.overwrite(archive, file);
    ModelCard card =
        described.withParity(
            TracedWitness.check(
                source,
                reference ->
                    ParityGate.check(
                        reference,
                        export.model.output(),
                        ModelRuntime.LIBTORCH,
                        file,
                        described,
                        export.model.batch(),
                        Preparation.SERVED,
                        tolerance),
                () -> trace));
    Map<String, byte[]> extra = new TreeMap<>(archive.extra());
    extra.put(TorchScriptArchive.CARD, CardJson.write(card).getBytes(StandardCharsets.UTF_8));
    ArchiveWriter.overwrite(archive.withExtra(extra), file);
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, file, OutputChoice.FIRST)) {
      GoldenImages.replay(model, card, file);
    }
    return card;
  }

  private static TraceOptions traceOptions(ExportOptions export, ModelCard card) {
    return new TraceOptions(Cards.shape(card), export.model.output(), TraceLimits.DEFAULT);
  }
}
