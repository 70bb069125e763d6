package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.quantize.ChosenImages;
import dev.lapidary.exporter.quantize.Judged;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import dev.lapidary.exporter.quantize.Quantized;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.torchscript.IntegerLayers;
import dev.lapidary.exporter.torchscript.QuantizedGraph;
import dev.lapidary.exporter.verify.LayerParity;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An archive on integers, by the choices that an ONNX file of the network would have: ranges,
 * weights, and which layers stay float.
 *
 * @param archive as it was written and proven, without its card
 * @param card with the certificate of the float archive that it was made of
 * @param weighted how many layers have weights
 * @param onIntegers how many of them compute on integers in libtorch
 * @param parity of its layers with ONNX Runtime
 * @param measured of it in libtorch
 */
record Int8Archive(
    TorchScriptArchive archive,
    ModelCard card,
    int weighted,
    int onIntegers,
    LayerParity parity,
    Measured measured) {
  /** As the model card says it. */
  static final String METHOD = "int8-static-libtorch";

  /** Which integers are chosen does not depend on it. */
  private static final int OPSET = 17;

  /**
   * What is to be made.
   *
   * @param card the source's, with what its trace says of its scores
   */
  record Request(
      ExportOptions export,
      QuantizeOptions quantize,
      Optional<ChosenImages> images,
      Path source,
      TracedWitness.Traced trace,
      ModelCard card) {}

  /**
   * Fills a file that is not in place yet.
   *
   * @throws dev.lapidary.core.failure.Failure (exit 3) if a promise is not kept, (exit 4) if
   *     libtorch's operators cannot say what the network is
   */
  static Int8Archive write(Request request, Path file, WorkProgress log) throws IOException {
    Graph traced = request.trace().graph();
    TorchScriptArchive source = request.trace().archive();
    GraphLowering.Lowered lowered = GraphLowering.lowered(traced, OPSET, GraphLowering.LOGITS);
    OnnxGraph fp32 = lowered.graph();
    Passes.run(fp32);
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-float32")) {
      Path floats = folder.resolve("float32.pt");
      Graph plain = QuantizedGraph.of(traced, lowered.values(), fp32);
      ArchiveWriter.write(InferenceArchive.onIntegers(plain, source), floats);
      ModelCard card = request.card().withParity(parity(request, floats));
      log.say("int8: integers are chosen as for an ONNX file, by what ONNX Runtime makes of them:");
      Quantized quantized =
          request
              .quantize()
              .quantize(fp32, card, request.images(), request.export().force, log)
              .orElseThrow();
      Graph graph = QuantizedGraph.of(traced, lowered.values(), quantized.graph());
      IntegerLayers integers = IntegerLayers.of(graph);
      requireAny(integers, request.export(), log);
      TorchScriptArchive archive = InferenceArchive.onIntegers(graph, source);
      ArchiveWriter.overwrite(archive, file);
      LayerParity layers = layers(request, card, file);
      log.say("int8: " + layers.text());
      Judged judged = judged(request, fp32, card, floats, file, log);
      return new Int8Archive(
          archive,
          card.withQuantization(described(quantized, integers, judged)),
          quantized.layers().orElseThrow().all(),
          integers.onIntegers(),
          layers,
          new Measured(
              judged.verdict().agreement(),
              Optional.of(judged.verdict()),
              quantized.curve(),
              judged.latency()));
    }
  }

  private static void requireAny(IntegerLayers layers, ExportOptions export, WorkProgress log) {
    if (layers.onIntegers() == 0) {
      String none =
          "libtorch would compute none of the layers on integers: "
              + layers.onFloats().stream()
                  .map(Fallback::reason)
                  .findFirst()
                  .orElse("all of them stay float");
      export.requireForce(none, "take 'exporter onnx'", log);
    }
  }

  /** The float archive, whose nodes become those on integers, against the source. */
  private static ModelCard.Parity parity(Request request, Path floats) {
    return TracedWitness.check(
        request.source(),
        request.export().model,
        ParityGate.Opening.of(ModelRuntime.LIBTORCH, floats, Preparation.SERVED),
        request.card(),
        Tolerance.FLOAT32,
        request::trace);
  }

  /** The file as anyone reads it, each layer in libtorch and in ONNX Runtime. */
  private static LayerParity layers(Request request, ModelCard card, Path file) throws IOException {
    return LayerParity.check(
        Tracer.trace(ArchiveReader.read(file), Cards.image(card, OutputChoice.FIRST)),
        file,
        OutputChoice.FIRST,
        OPSET,
        card,
        request.export().model.batch());
  }

  private static Judged judged(
      Request request, OnnxGraph fp32, ModelCard card, Path floats, Path file, WorkProgress log) {
    try (LoadedModel float32 = LoadedModel.open(ModelRuntime.LIBTORCH, floats, OutputChoice.FIRST);
        LoadedModel int8 = LoadedModel.open(ModelRuntime.LIBTORCH, file, OutputChoice.FIRST)) {
      return request
          .quantize()
          .judge(
              fp32,
              float32,
              int8,
              card,
              request.images().orElseThrow(),
              request.export().force,
              log);
    }
  }

  private static ModelCard.Quantization described(
      Quantized quantized, IntegerLayers layers, Judged judged) {
    List<Fallback> fallbacks = new ArrayList<>(quantized.card().fallbacks());
    fallbacks.addAll(layers.counted());
    return quantized.card().with(METHOD, judged.verdict().maxAbsDifference(), fallbacks);
  }

  /** {@code 20 of 22 layers with weights on integers}. */
  String words() {
    return Phrase.of("%d of %d layers with weights on integers", onIntegers, weighted);
  }
}
