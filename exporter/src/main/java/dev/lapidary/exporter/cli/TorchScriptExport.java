package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.quantize.ChosenImages;
import dev.lapidary.exporter.quantize.QuantizeMethod;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import dev.lapidary.exporter.quantize.SourceQuantization;
import dev.lapidary.exporter.quantize.Target;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.GoldenImages;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The way from an archive to a proven inference archive. */
record TorchScriptExport(ExportOptions export, QuantizeOptions quantize, WorkProgress log) {
  /**
   * What was written.
   *
   * @param int8 if it is on integers
   */
  record Report(Path out, long bytes, ModelCard card, Optional<Int8Archive> int8) {

    String json() {
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("file", String.valueOf(out.getFileName())).put("bytes", bytes);
      int8.ifPresent(made -> put(json, made));
      ModelCard.Parity parity = card.parity().orElseThrow();
      Proof.put(json, parity);
      return json.put("bound", parity.bound()).toString();
    }

    private void put(ObjectNode json, Int8Archive made) {
      json.put("quantization", Int8Archive.METHOD);
      Measured.putLayers(json, made.weighted(), made.onIntegers());
      Measured.putFallbacks(json, card.quantization().orElseThrow());
      made.measured().put(json);
      json.putObject("layerParity")
          .put("layers", made.parity().layers())
          .put("numbers", made.parity().numbers())
          .put("next", made.parity().differing())
          .put("overflown", made.parity().overflown());
      json.put("goldenImages", card.golden().size());
    }

    String text() {
      ModelCard.Parity parity = card.parity().orElseThrow();
      boolean plain = parity.reference().equals(ModelRuntime.LIBTORCH.label());
      return Phrase.of(
          "%s: %.2f MB%s differs from its source %s%s",
          out,
          bytes / 1e6,
          int8.map(made -> ", " + made.words() + "; the float32 archive it was made of")
              .orElse(";"),
          plain ? "" : "in " + parity.reference() + " ",
          Proof.text(parity));
    }
  }

  /**
   * @param log gets lines of progress
   * @throws Failure with nothing written
   */
  static Report run(ExportOptions export, QuantizeOptions quantize, WorkProgress log)
      throws IOException {
    if (ModelRuntime.of(export.out) != ModelRuntime.LIBTORCH) {
      throw Failure.badInput(
          "--out %s names an ONNX file; choose a name that ends in .pt", export.out);
    }
    export.requireOut();
    requireForLibtorch(quantize);
    try (Source source = export.read(ModelRuntime.LIBTORCH)) {
      return new TorchScriptExport(export, quantize, log).run(source);
    }
  }

  private Report run(Source source) throws IOException {
    source.say(log::say);
    ModelCard described = Cards.of(source, export.model);
    quantize.check(described);
    Optional<ChosenImages> images = CalibrationFolder.chosen(quantize, described, log);
    TracedWitness.Traced trace = TracedWitness.Traced.of(source, described, export.model);
    ModelCard card = Cards.scored(described, trace.graph(), source, export.model);
    Optional<SourceQuantization> already = SourceQuantization.of(trace.graph());
    already.ifPresent(found -> quantize.requireNone(source.archive().name()));
    requireFloat(already, source);
    Tolerance tolerance = already.map(SourceQuantization::tolerance).orElse(Tolerance.FLOAT32);
    Int8Archive.Request request =
        new Int8Archive.Request(export, quantize, images, source.file(), trace, card);
    Report[] report = new Report[1];
    try {
      AtomicFile.write(
          export.out,
          file ->
              report[0] =
                  quantize.method() == QuantizeMethod.INT8
                      ? int8(request, file)
                      : float32(source.file(), trace, card, file, tolerance));
    } catch (FileSystemException e) {
      throw e; // names the place, and why
    } catch (IOException e) {
      throw Failure.failed(
          "%s cannot be written: %s; nothing of it is left: make room, or choose another --out",
          export.out, Failure.reason(e));
    }
    return report[0];
  }

  private static void requireForLibtorch(QuantizeOptions options) {
    QuantizeMethod method = options.method();
    if (method == QuantizeMethod.INT8_DYNAMIC) {
      throw Failure.badInput(
          "--quantize int8-dynamic is for ONNX files: libtorch's linear_dynamic takes one scale for"
              + " a whole batch, so that an image's answer would depend on those beside it; take"
              + " 'exporter onnx', or --quantize int8 with --calibration DIR");
    }
    if (method == QuantizeMethod.FP16) {
      throw Failure.badInput(
          "--quantize fp16 is for ONNX files: libtorch computes float16 on a CPU slower than"
              + " float32; take 'exporter onnx', or call half() where the archive is loaded on a"
              + " GPU");
    }
    if (options.target() == Target.TENSORRT || options.target() == Target.WEB) {
      throw Failure.badInput(
          "--target %s runs ONNX files: take 'exporter onnx', or --target cpu or portable",
          options.target());
    }
    if (options.report().isPresent()) {
      throw Failure.badInput(
          "--report compares forms of an ONNX file: take 'exporter onnx --report', which chooses"
              + " the same layers, or leave it out");
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

  private Report float32(
      Path source, TracedWitness.Traced trace, ModelCard described, Path file, Tolerance tolerance)
      throws IOException {
    TorchScriptArchive archive = InferenceArchive.of(trace.graph(), trace.archive());
    ArchiveWriter.overwrite(archive, file);
    ModelCard.Parity parity =
        TracedWitness.check(
            source,
            export.model,
            ParityGate.Opening.of(ModelRuntime.LIBTORCH, file, Preparation.SERVED),
            described,
            tolerance,
            () -> trace);
    return delivered(
        archive, described.withParity(parity), Optional.empty(), file, Optional.empty());
  }

  private Report int8(Int8Archive.Request request, Path file) throws IOException {
    Int8Archive made = Int8Archive.write(request, file, log);
    return delivered(made.archive(), made.card(), request.images(), file, Optional.of(made));
  }

  /** Puts the card into the written archive, with golden images, and replays them. */
  private Report delivered(
      TorchScriptArchive archive,
      ModelCard described,
      Optional<ChosenImages> images,
      Path file,
      Optional<Int8Archive> int8)
      throws IOException {
    ModelCard card =
        CalibrationFolder.golden(quantize, images, ModelRuntime.LIBTORCH, described, file);
    Map<String, byte[]> extra = new TreeMap<>(archive.extra());
    extra.put(TorchScriptArchive.CARD, CardJson.write(card).getBytes(StandardCharsets.UTF_8));
    ArchiveWriter.overwrite(archive.withExtra(extra), file);
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, file, OutputChoice.FIRST)) {
      GoldenImages.replay(model, card, file);
    }
    return new Report(export.out, Files.size(file), card, int8);
  }
}
