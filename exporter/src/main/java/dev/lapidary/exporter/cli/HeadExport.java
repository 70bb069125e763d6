package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxOutput;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.quantize.QuantizeMethod;
import dev.lapidary.exporter.quantize.SourceQuantization;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code --head-of}: the last layer of a source as a file of its own, proven on the file of
 * features that it is to be served behind.
 */
final class HeadExport {
  private static final int OPSET = 17;

  private final OnnxExport.Request request;
  private final TrunkFile trunk;
  private final WorkProgress log;
  private final Timings timings = new Timings();

  private HeadExport(OnnxExport.Request request, TrunkFile trunk, WorkProgress log) {
    this.request = request;
    this.trunk = trunk;
    this.log = log;
  }

  /** Both halves of the source, and what is said of it. */
  private record Compiled(Source.OnDisk source, OnnxGraph trunk, OnnxGraph head, ModelCard card) {}

  /**
   * @param trunk an ONNX file of features
   * @param log gets lines of progress
   * @throws Failure with nothing written: (exit 2) if the source's own trunk is another one, (exit
   *     3) if both files together do not answer as the source does
   */
  static OnnxReport run(OnnxExport.Request request, Path trunk, WorkProgress log)
      throws IOException {
    request.export().requireOut();
    requireAlone(request);
    return new HeadExport(request, TrunkFile.read(trunk), log).run();
  }

  private static void requireAlone(OnnxExport.Request request) {
    if (request.export().model.layer != null) {
      throw Failure.badInput(
          "--head-of writes what follows the features, and --output ends before it; leave one out");
    }
    if (request.embed() != EmbeddedSteps.NONE) {
      throw Failure.badInput(
          "--head-of takes features; whether the preprocessing is in the graph is the trunk's"
              + " affair: export the trunk with it");
    }
    if (request.quantize().method() != QuantizeMethod.NONE) {
      throw Failure.badInput(
          "--head-of writes the last layer as it is, and --quantize is %s; quantize the trunk, and"
              + " leave it out here",
          request.quantize().method());
    }
  }

  private OnnxReport run() throws IOException {
    OnnxReport[] report = new OnnxReport[1];
    OnnxOutput.write(
        request.export().out, request.maxInlineBytes(), output -> report[0] = fill(output));
    timings.step("move");
    return report[0];
  }

  private OnnxReport fill(OnnxOutput output) throws IOException {
    Compiled compiled = compile();
    try (Source.OnDisk source = compiled.source()) {
      output.write(compiled.head());
      timings.step("write");
      ModelCard card =
          new HeadProof(request, trunk, log)
              .of(compiled.card(), source.file(), output.model(), compiled.trunk());
      timings.step("verify");
      OnnxWriter.appendMetadata(output.model(), ModelCard.METADATA_KEY, CardJson.write(card));
      return new OnnxReport(
          request.export().out,
          output.size(),
          compiled.head().nodes().size(),
          card,
          Optional.empty(),
          timings);
    }
  }

  private Compiled compile() throws IOException {
    Source source = request.export().read(ModelRuntime.LIBTORCH, ModelRuntime.ONNX_RUNTIME);
    try {
      return compile(source, request.export().model);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  private Compiled compile(Source source, SourceOptions options) throws IOException {
    source.say(log::say);
    ModelCard described = Cards.of(source, options);
    request.quantize().check(described);
    requireSameInput(described, source);
    CalibrationFolder.requireReadable(request.quantize(), log::say);
    timings.step("read");
    TraceOptions image = Cards.image(described, options.output());
    Graph traced = Tracer.trace(source.archive(), image);
    ModelCard card = Cards.scored(described, traced, source, options);
    if (SourceQuantization.of(traced).isPresent()) {
      throw Failure.unsupported(
          "[%s] it came quantized, by %s, and is not cut into trunk and head; give the float model",
          source.archive().name(), SourceQuantization.METHOD);
    }
    String layer = HeadSearch.find(source.archive(), image).get(0).name();
    Graph head = HeadGraph.of(traced, layer);
    timings.step("trace");
    OnnxGraph own = ownTrunk(source, card, options);
    requireSameTrunk(own, source);
    OnnxGraph lowered = HeadGraph.lowered(head, request.opset().orElse(OPSET), trunk.named());
    timings.step("lower");
    // Of both together: what goes in goes into the trunk.
    ModelCard both = card.withInput(trunk.card().input()).withTrunk(trunk.named());
    return new Compiled(source.onDisk(), own, lowered, both);
  }

  /** What the source's features are written as, by the same way that the trunk went. */
  private OnnxGraph ownTrunk(Source source, ModelCard card, SourceOptions options)
      throws IOException {
    try (Source cut = Cut.trunk(source, card, options)) {
      Graph traced = Tracer.trace(cut.archive(), Cards.image(card, OutputChoice.FIRST));
      OnnxGraph graph = GraphLowering.lower(traced, trunk.graph().opset(), Cut.FEATURES);
      Passes.run(graph);
      return trunk.embedded().in(graph, card);
    }
  }

  private void requireSameInput(ModelCard card, Source source) {
    String name = String.valueOf(source.file().getFileName());
    if (!Cards.shape(card).equals(Cards.shape(trunk.card()))) {
      throw Failure.badInput(
          "[%s] it takes images of %s (C, H, W), and [%s] of %s, expected the same; export the trunk"
              + " of this source",
          name, Cards.shape(card), trunk.name(), Cards.shape(trunk.card()));
    }
    if (!card.preprocessing().equals(trunk.card().preprocessing())) {
      throw Failure.badInput(
          "[%s] its images are prepared by %s, and those of [%s] by %s, expected the same; heads of"
              + " one trunk see the same pixels",
          name, words(card), trunk.name(), words(trunk.card()));
    }
  }

  private static String words(ModelCard card) {
    return card.preprocessing().map(Preprocessing::text).orElse("nothing that its card says");
  }

  /** A quantized one is held to its answers instead: its integers say nothing of its origin. */
  private void requireSameTrunk(OnnxGraph own, Source source) {
    Optional<String> difference = trunk.isQuantized() ? Optional.empty() : trunk.difference(own);
    if (difference.isPresent()) {
      throw Failure.badInput(
          "[%s] it is not the trunk of [%s]: they differ in %s, expected the same bits; train the head alone"
              + " (--freeze-epochs N --epochs 0) from the weights that the trunk was exported from,"
              + " or export this source's own trunk",
          trunk.name(), source.file().getFileName(), difference.get());
    }
  }
}
