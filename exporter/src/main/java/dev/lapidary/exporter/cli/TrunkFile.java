package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * An ONNX file that {@code exporter onnx --output features} wrote, which heads are made for.
 *
 * @param sha256 of the file
 */
record TrunkFile(Path file, String sha256, OnnxGraph graph, ModelCard card) {
  private static final String REMEDY =
      "give what 'exporter onnx RUN --output features --out trunk.onnx' wrote";

  /**
   * @throws Failure (exit 2) if it is none
   */
  static TrunkFile read(Path file) {
    String name = String.valueOf(file.getFileName());
    OnnxGraph graph = OnnxReader.read(file);
    ModelCard card =
        Optional.ofNullable(graph.metadata().get(ModelCard.METADATA_KEY))
            .map(text -> CardJson.read(text, name))
            .orElseThrow(() -> Failure.badInput("[%s] it has no model card; %s", name, REMEDY));
    if (graph.inputs().size() != 1 || graph.outputs().size() != 1 || card.trunk().isPresent()) {
      throw Failure.badInput(
          "[%s] it is no trunk: expected images in and one output; %s", name, REMEDY);
    }
    ValueInfo output = graph.outputs().get(0);
    if (!output.name().equals(Cut.FEATURES)
        || output.rank() != 2
        || output.dtype() != DType.FLOAT32
        || output.shape().get(1).isSymbolic()) {
      throw Failure.badInput(
          "[%s] it gives %s, expected %s FLOAT32[N, F]; %s", name, output, Cut.FEATURES, REMEDY);
    }
    return new TrunkFile(file, Sha256.of(file), graph, card);
  }

  String name() {
    return String.valueOf(file.getFileName());
  }

  /** As a head's card names it. */
  Trunk named() {
    ValueInfo output = graph.outputs().get(0);
    return new Trunk(sha256, output.name(), Math.toIntExact(output.shape().get(1).size()));
  }

  /** How much of the preprocessing is in its graph. */
  EmbeddedSteps embedded() {
    if (card.input().anySize()) {
      return EmbeddedSteps.RESIZE;
    }
    return card.input().takesLevels() ? EmbeddedSteps.NORMALIZE : EmbeddedSteps.NONE;
  }

  boolean isQuantized() {
    return card.quantization().isPresent();
  }

  /**
   * The first difference of its network to another trunk's, in words; names of the graphs and their
   * cards are not compared.
   *
   * @param own what the run's trunk is written as
   */
  Optional<String> difference(OnnxGraph own) {
    for (Map.Entry<String, Tensor> each : own.initializers().entrySet()) {
      Optional<Tensor> found = graph.initializer(each.getKey());
      if (found.isPresent() && !same(found.get(), each.getValue())) {
        String name = each.getKey().replaceFirst("^net\\.", ""); // as the source calls it
        return Optional.of(name + distance(found.get(), each.getValue()));
      }
    }
    boolean sameForm =
        own.initializers().keySet().equals(graph.initializers().keySet())
            && own.inputs().equals(graph.inputs())
            && own.outputs().equals(graph.outputs())
            && own.nodes().size() == graph.nodes().size()
            && IntStream.range(0, own.nodes().size())
                .allMatch(i -> same(own.nodes().get(i), graph.nodes().get(i)));
    return sameForm
        ? Optional.empty()
        : Optional.of(
            "the graph, which has %d nodes there and %d here"
                .formatted(graph.nodes().size(), own.nodes().size()));
  }

  private static String distance(Tensor found, Tensor own) {
    boolean comparable =
        found.dtype().isFloating() && own.dtype().isFloating() && found.numel() == own.numel();
    if (!comparable) {
      return ", which is of another shape or type";
    }
    double[] there = found.toDoubles();
    double[] here = own.toDoubles();
    double maximum = 0;
    for (int i = 0; i < here.length; i++) {
      maximum = Math.max(maximum, Math.abs(here[i] - there[i]));
    }
    return Phrase.of(" by up to %.3g", maximum);
  }

  private static boolean same(Tensor a, Tensor b) {
    return a.dtype() == b.dtype()
        && Arrays.equals(a.shape(), b.shape())
        && a.bytes().equals(b.bytes());
  }

  private static boolean same(OnnxNode a, OnnxNode b) {
    if (!a.name().equals(b.name())
        || !a.op().equals(b.op())
        || !a.inputs().equals(b.inputs())
        || !a.outputs().equals(b.outputs())
        || !a.attributes().keySet().equals(b.attributes().keySet())) {
      return false;
    }
    return a.attributes().entrySet().stream()
        .allMatch(each -> same(each.getValue(), b.attribute(each.getKey()).orElseThrow()));
  }

  private static boolean same(Attribute a, Attribute b) {
    if (a instanceof Attribute.Constant one && b instanceof Attribute.Constant other) {
      return same(one.value(), other.value());
    }
    return a.equals(b);
  }
}
