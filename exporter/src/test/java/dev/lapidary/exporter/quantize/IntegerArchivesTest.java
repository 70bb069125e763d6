package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.torchscript.IntegerLayers;
import dev.lapidary.exporter.torchscript.QuantizedGraph;
import dev.lapidary.exporter.verify.LayerParity;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real networks, narrow, on libtorch's integers: those that the ONNX file has, layer for layer. */
class IntegerArchivesTest {
  private static final int SIZE = 224;
  private static final Scoring SOFTMAX = Scoring.ofLogits(Activation.SOFTMAX);

  @TempDir Path folder;

  static Stream<String> families() {
    return Golden.FAMILIES.stream();
  }

  /** ReLU6, depthwise and residual; linear layers and attention; HardSwish and gates. */
  @ParameterizedTest
  @ValueSource(strings = {"mobilenet_v2", "vit", "mobilenet_v3_small"})
  void givesTheIntegersOfTheOnnxFile(String family) throws IOException {
    check(family, "scripted");
  }

  @Tag("proof")
  @ParameterizedTest
  @MethodSource("families")
  void everyFamilyGivesThem(String family) throws IOException {
    check(family, "scripted");
    check(family, "traced");
  }

  private void check(String family, String kind) throws IOException {
    Optional<Path> found = Golden.archive(family, kind);
    if (found.isEmpty()) {
      return;
    }
    TorchScriptArchive source = ArchiveReader.read(found.get());
    Graph traced = Tracer.trace(source, TraceOptions.of(3, SIZE, SIZE));
    GraphLowering.Lowered lowered = GraphLowering.lowered(traced, 17, GraphLowering.LOGITS);
    Passes.run(lowered.graph());
    try (CalibrationSet images = images(family, 4)) {
      Graph floats = QuantizedGraph.of(traced, lowered.values(), lowered.graph());
      Path plain = written(floats, source, "float32.pt");
      assertThat(difference(answers(plain, images), answers(found.get(), images))).isLessThan(1e-5);

      OnnxGraph graph = NormalizeForInt8.of(lowered.graph());
      held(graph, Set.of(), images, traced, lowered.values(), source);
      Set<String> kept = new LinkedHashSet<>();
      List<OnnxNode> layers = Int8Plan.of(graph, Set.of()).layers();
      for (int i = 0; i < layers.size(); i += 3) {
        kept.add(layers.get(i).name());
      }
      held(graph, kept, images, traced, lowered.values(), source);
    }
  }

  private void held(
      OnnxGraph graph,
      Set<String> kept,
      CalibrationSet images,
      Graph traced,
      Map<Integer, String> names,
      TorchScriptArchive source)
      throws IOException {
    Int8Plan plan = Int8Plan.of(graph, kept);
    Observations seen = Observations.of(graph, plan.quantizedValues(), images);
    Map<String, QuantParams> params =
        ChooseParams.of(graph, plan, seen.ranges(new Percentile(99.999)));
    OnnxGraph int8 =
        new InsertQdq(graph, plan, params, Map.of(), WeightRounding.nearest(PairSums.IN_32_BITS))
            .write();
    Graph integers = QuantizedGraph.of(traced, names, int8);
    Path file = written(integers, source, "int8.pt");

    IntegerLayers layers = IntegerLayers.of(integers);
    long planned = plan.layers().stream().filter(n -> n.is("Conv", "Gemm", "MatMul")).count();
    assertThat(layers.onIntegers() + layers.onFloats().size()).isEqualTo((int) planned);

    Graph back = Tracer.trace(ArchiveReader.read(file), TraceOptions.of(3, SIZE, SIZE));
    OnnxGraph read = GraphLowering.lower(back, 17);
    Passes.run(read);
    for (String layer : List.of("QLinearConv", "MatMulIntegerToFloat")) {
      assertThat(count(read, layer)).as(layer).isEqualTo(count(int8, layer));
    }
    LayerParity parity =
        LayerParity.check(back, file, OutputChoice.FIRST, 17, card(), Optional.empty());
    assertThat(parity.differing()).isLessThan(parity.numbers() / 200);

    // Two runtimes round what lies between two integers to either, which dozens of layers multiply.
    double drift = Reference.of(int8, images, SOFTMAX).drift(answers(file, images)).relativeError();
    assertThat(drift).isLessThan(0.02);
  }

  private static int count(OnnxGraph graph, String operator) {
    return FusionLint.of(graph, List.of()).operators().getOrDefault(operator, 0);
  }

  private Path written(Graph graph, TorchScriptArchive source, String name) {
    Path file = folder.resolve(name);
    ArchiveWriter.write(InferenceArchive.onIntegers(graph, source), file);
    return file;
  }

  private static List<float[]> answers(Path archive, CalibrationSet images) {
    try (LoadedModel model = LoadedModel.open(ModelRuntime.LIBTORCH, archive, OutputChoice.FIRST)) {
      return IntStream.range(0, images.count())
          .mapToObj(i -> Storage.over(images.one(i)))
          .map(image -> model.run(Tensor.over(DType.FLOAT32, image, images.shape(1))).values())
          .toList();
    }
  }

  /** Relative to the greatest. */
  private static double difference(List<float[]> found, List<float[]> expected) {
    double difference = 0;
    double greatest = 0;
    for (int i = 0; i < expected.size(); i++) {
      for (int k = 0; k < expected.get(i).length; k++) {
        float right = expected.get(i)[k];
        difference = Math.max(difference, Math.abs((double) found.get(i)[k] - right));
        greatest = Math.max(greatest, Math.abs(right));
      }
    }
    return difference / greatest;
  }

  /** Waves of a colour and a direction of their own, and noise. */
  private static CalibrationSet images(String name, int count) {
    CalibrationSet images = new CalibrationSet(3, SIZE, SIZE);
    float[] image = new float[3 * SIZE * SIZE];
    for (int i = 0; i < count; i++) {
      double[] wave = Uniform.u(name + "/wave/" + i, 9);
      double[] noise = Uniform.u(name + "/noise/" + i, image.length);
      for (int k = 0; k < image.length; k++) {
        int c = k / (SIZE * SIZE);
        double phase = 0.3 * (k % SIZE * wave[3 + c] + k / SIZE % SIZE * wave[6 + c]);
        image[k] = (float) (1.2 * wave[c] + 0.9 * Math.sin(phase) + 0.3 * noise[k]);
      }
      images.add(image);
    }
    return images;
  }

  private static ModelCard card() {
    return new ModelCard(
        "m",
        "1",
        "M",
        List.of(),
        Activation.SOFTMAX,
        Scores.LOGITS,
        new ModelCard.Input("input", "NCHW", 3, SIZE, SIZE, "float32"),
        Optional.empty(),
        Optional.empty(),
        new TreeMap<>(),
        ModelCard.Provenance.UNKNOWN,
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
