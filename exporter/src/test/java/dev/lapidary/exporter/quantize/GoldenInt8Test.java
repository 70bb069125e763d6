package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Static int8 of real networks: ten families, narrow, with torchvision's own text. */
class GoldenInt8Test {
  private static final int SIZE = 224;

  static Stream<String> families() {
    return Golden.FAMILIES.stream();
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyPlannedLayerRunsOnIntegers(String family) {
    Optional<OnnxGraph> network = network(family);
    if (network.isEmpty()) {
      return;
    }
    try (CalibrationSet images = images(family, 4)) {
      OnnxGraph graph = NormalizeForInt8.of(network.get());
      Int8Plan plan = Int8Plan.of(graph, Set.of());
      Observations seen = Observations.of(graph, plan.quantizedValues(), images);
      Map<String, QuantParams> params =
          ChooseParams.of(graph, plan, seen.ranges(new Percentile(99.999)));
      OnnxGraph int8 =
          new InsertQdq(graph, plan, params, Map.of(), WeightRounding.nearest(PairSums.IN_32_BITS))
              .write();
      FusionLint lint = FusionLint.of(int8, plan.layers());
      assertThat(lint.unfused()).isEmpty();
      assertThat(SmallNetworks.onIntegers(lint)).isGreaterThanOrEqualTo(plan.layers().size());
      assertThat(plan.layers().stream().filter(n -> n.is("Conv", "Gemm", "MatMul")))
          .hasSizeGreaterThanOrEqualTo(products(graph) - spared(family));
      // Each layer leaves some 40 dB, and there are up to sixty in a row, all weights random:
      // 17 dB must be left at the end.
      assertThat(
              Reference.of(network.get(), images, Scoring.ofLogits(Activation.SOFTMAX))
                  .drift(int8)
                  .relativeError())
          .isLessThan(0.02);
    }
  }

  @Tag("proof")
  @ParameterizedTest
  @MethodSource("families")
  void theGuardsBringEveryFamilyToAgree(String family) {
    Optional<OnnxGraph> network = network(family);
    if (network.isEmpty()) {
      return;
    }
    try (CalibrationSet images = images(family, 64);
        CalibrationSet guard = images(family + "/guard", 64);
        CalibrationSet others = images(family + "/held out", 64)) {
      Quantized q =
          StaticInt8.quantize(
              network.get(),
              new Int8Images(images, guard, List.of()),
              Scoring.ofLogits(Activation.SOFTMAX),
              SmallNetworks.limits(0.005, Target.CPU),
              false,
              System.out::println);
      Drift drift =
          Reference.of(network.get(), others, Scoring.ofLogits(Activation.SOFTMAX))
              .drift(q.graph());
      System.out.printf(
          "%s: agreement %.3f, held out %.3f; %.2f times the speed of float32%n",
          family, q.agreement(), drift.agreement(), q.latency().speedup());
      assertThat(q.agreement()).isGreaterThan(0.98);
      // Random weights put many images near a tie.
      assertThat(drift.agreement()).isGreaterThan(0.85);
    }
  }

  /** Layers with constant weights, attention's own products left out. */
  private static int products(OnnxGraph graph) {
    return (int)
        graph.nodes().stream()
            .filter(
                n -> n.is("Conv", "Gemm", "MatMul") && graph.initializer(n.input(1)).isPresent())
            .count();
  }

  /** The first layer where it is small, a depthwise one right behind it, and ConvNeXt's. */
  private static int spared(String family) {
    return switch (family) {
      case "convnext" -> 6;
      case "mobilenet_v2" -> 2;
      case "resnet_bottleneck", "densenet", "squeezenet", "vit" -> 0;
      default -> 1;
    };
  }

  private static Optional<OnnxGraph> network(String family) {
    Optional<Path> archive = Golden.archive(family, "scripted");
    return archive.map(
        path -> {
          OnnxGraph graph =
              GraphLowering.lower(
                  Tracer.trace(ArchiveReader.read(path), TraceOptions.of(3, SIZE, SIZE)), 17);
          Passes.run(graph);
          return graph;
        });
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
}
