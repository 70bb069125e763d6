package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxOutput;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.EmbedPreprocessing;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.quantize.ChosenImages;
import dev.lapidary.exporter.quantize.QuantizeMethod;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import dev.lapidary.exporter.quantize.Quantized;
import dev.lapidary.exporter.quantize.SourceQuantization;
import dev.lapidary.exporter.report.Int8Page;
import dev.lapidary.exporter.verify.LayerParity;
import dev.lapidary.exporter.verify.LoadFailure;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.ResizeParity;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.graph.Graph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The way from an archive to a proven ONNX file. */
final class OnnxExport {
  /** The oldest whose DequantizeLinear ONNX's reference evaluator runs. */
  static final int INTEGER_OPSET = 19;

  private static final int USUAL_OPSET = 17;

  private final Request request;
  private final WorkProgress log;
  private final Timings timings = new Timings();

  /**
   * What was asked for.
   *
   * @param opset if it was told
   */
  record Request(
      ExportOptions export,
      Optional<Integer> opset,
      EmbeddedSteps embed,
      long maxInlineBytes,
      QuantizeOptions quantize) {}

  private OnnxExport(Request request, WorkProgress log) {
    this.request = request;
    this.log = log;
  }

  /**
   * @param log gets lines of progress
   * @throws dev.lapidary.core.failure.Failure with nothing written
   */
  static OnnxReport run(Request request, WorkProgress log) throws IOException {
    return new OnnxExport(request, log).run();
  }

  private OnnxReport run() throws IOException {
    request.export().requireOut();
    if (request.quantize().report().isPresent()) {
      AtomicFile.requireAbsent(request.quantize().report().get(), request.export().force);
    }
    OnnxReport[] report = new OnnxReport[1];
    OnnxOutput.write(
        request.export().out, request.maxInlineBytes(), output -> report[0] = fill(output));
    timings.step("move");
    writePage(report[0]);
    return report[0];
  }

  /** Behind the model, which it is about. */
  private void writePage(OnnxReport done) throws IOException {
    Optional<Path> page = request.quantize().report();
    if (page.isPresent() && done.quantized().isPresent()) {
      String name = String.valueOf(request.export().out.getFileName());
      String text = Int8Page.of(name, done.quantized().get(), request.quantize().maxDrop());
      AtomicFile.write(page.get(), to -> Files.writeString(to, text));
    }
  }

  /**
   * What was compiled; the archive and the graph can be forgotten.
   *
   * @param float32 takes normalized numbers; present only if it is to be quantized
   * @param described the source's card
   * @param already how the source was quantized before
   * @param images to quantize with
   * @param nodes of the graph that was written
   * @param origins of its nodes
   */
  private record Compiled(
      Source.OnDisk source,
      Optional<OnnxGraph> float32,
      Optional<SourceQuantization> already,
      Optional<ChosenImages> images,
      ModelCard described,
      int nodes,
      Map<String, String> origins) {}

  /** Fills the files that are not in place yet; whatever refuses here leaves nothing behind. */
  private OnnxReport fill(OnnxOutput output) throws IOException {
    Compiled compiled = compile(output);
    try (Source.OnDisk source = compiled.source()) {
      return prove(output, compiled, source.file());
    }
  }

  private OnnxReport prove(OnnxOutput output, Compiled compiled, Path source) throws IOException {
    System.gc(); // unmaps the source and gives the weights' memory back before the runtimes take it
    ModelCard described = compiled.described();
    ModelCard card = described.withInput(request.embed().input(described.input()));
    card = card.withParity(proven(source, card, output.model(), compiled));
    if (request.embed() == EmbeddedSteps.RESIZE) {
      log.say(
          ResizeParity.check(
                  card.preprocessing().orElseThrow(), opset(compiled.already().isPresent()))
              .text());
    }
    if (compiled.already().isPresent()) {
      card = card.withQuantization(SourceQuantization.card(card.parity().orElseThrow()));
    }
    timings.step("verify");
    int nodes = compiled.nodes();
    Optional<Quantized> made = Optional.empty();
    if (compiled.float32().isPresent()) {
      Quantized quantized =
          request
              .quantize()
              .apply(
                  compiled.float32().get(),
                  described,
                  compiled.images(),
                  request.export().force,
                  log)
              .orElseThrow();
      OnnxGraph result = request.embed().in(quantized.graph(), card);
      card = card.withQuantization(quantized.card());
      output.write(result);
      nodes = result.nodes().size();
      made = Optional.of(quantized);
    }
    timings.step("quantize");
    card =
        CalibrationFolder.golden(
            request.quantize(), compiled.images(), ModelRuntime.ONNX_RUNTIME, card, output.model());
    timings.step("golden");
    OnnxWriter.appendMetadata(output.model(), ModelCard.METADATA_KEY, CardJson.write(card));
    return new OnnxReport(request.export().out, output.size(), nodes, card, made, timings);
  }

  /** From the source to a written float32 model. */
  private Compiled compile(OnnxOutput output) throws IOException {
    Source source = request.export().read(ModelRuntime.LIBTORCH, ModelRuntime.ONNX_RUNTIME);
    try {
      return compile(output, source);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  private Compiled compile(OnnxOutput output, Source source) throws IOException {
    source.say(log::say);
    ModelCard described = Cards.of(source, request.export().model);
    request.quantize().check(described);
    Optional<ChosenImages> images = CalibrationFolder.chosen(request.quantize(), described, log);
    request.embed().require(described, opset(false));
    timings.step("read");
    SourceOptions options = request.export().model;
    Graph traced = TracedWitness.Traced.of(source, described, options).graph();
    ModelCard card = Cards.scored(described, traced, source, options);
    timings.step("trace");
    Optional<SourceQuantization> already = SourceQuantization.of(traced);
    already.ifPresent(found -> request.quantize().requireNone(source.archive().name()));
    GraphLowering.Lowered lowered =
        GraphLowering.lowered(
            traced,
            opset(already.isPresent()),
            options.layer == null ? GraphLowering.LOGITS : Cut.FEATURES);
    OnnxGraph graph = lowered.graph();
    timings.step("lower");
    Passes.run(graph);
    timings.step("passes");
    OnnxGraph result = request.embed().in(graph, card);
    output.write(result);
    timings.step("write");
    boolean quantizes = request.quantize().method() != QuantizeMethod.NONE;
    return new Compiled(
        source.onDisk(),
        quantizes ? Optional.of(graph) : Optional.empty(),
        already,
        images,
        card,
        result.nodes().size(),
        lowered.origins());
  }

  /**
   * @param cameQuantized whether the source has integers of its own
   */
  private int opset(boolean cameQuantized) {
    boolean integers = cameQuantized || request.quantize().method() == QuantizeMethod.INT8;
    int smallest =
        request.embed() == EmbeddedSteps.RESIZE ? EmbedPreprocessing.MIN_RESIZE_OPSET : USUAL_OPSET;
    return request.opset().orElse(integers ? INTEGER_OPSET : smallest);
  }

  private ModelCard.Parity proven(Path source, ModelCard card, Path file, Compiled compiled)
      throws IOException {
    try {
      if (compiled.already().filter(SourceQuantization::computesOnIntegers).isPresent()) {
        log.say(layers(compiled.already().get(), source, compiled.described()));
      }
      return TracedWitness.check(
          source,
          request.export().model,
          ParityGate.Opening.of(ModelRuntime.ONNX_RUNTIME, file, Preparation.BRIEF),
          card,
          compiled.already().map(SourceQuantization::tolerance).orElse(Tolerance.FLOAT32),
          () -> TracedWitness.Traced.again(request.export(), card));
    } catch (LoadFailure e) {
      throw e.ofMade(compiled.origins(), String.valueOf(source.getFileName()));
    }
  }

  /** Holds what came quantized to libtorch's integers, layer by layer. */
  private String layers(SourceQuantization already, Path source, ModelCard described)
      throws IOException {
    SourceOptions options = request.export().model;
    LayerParity parity =
        LayerParity.check(
            already.traced(), source, options.output(), opset(true), described, options.batch());
    return SourceQuantization.METHOD + ": " + parity.text();
  }
}
