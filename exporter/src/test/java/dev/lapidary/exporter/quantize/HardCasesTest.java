package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Networks that compute the same as a sound one and are hard to quantize. Either int8 keeps what
 * they know, on images that neither calibration nor guard has seen, or it is refused.
 */
class HardCasesTest {
  private static final Scoring SCORING = Scoring.ofLogits(Activation.SOFTMAX);
  private static final int CHANNELS = 16;
  private static final int CLASSES = 7;
  private static final int LENGTH = 3 * SmallNetworks.SIZE * SmallNetworks.SIZE;

  /** By what each channel between the convolutions is multiplied; the next layer divides again. */
  enum Case {
    SOUND(c -> 1),
    OUTLIER_300(c -> c == 0 ? 300 : 1),
    OUTLIER_30000(c -> c == 0 ? 30_000 : 1),
    RANGES_1000(c -> Math.pow(1000, c / (CHANNELS - 1.0))),
    TINY_SCALE(c -> 1e-7),
    DEAD_CHANNEL(c -> 1);

    private final IntToDoubleFunction factor;

    Case(IntToDoubleFunction factor) {
      this.factor = factor;
    }

    void change(OnnxGraph graph) {
      scale(graph, "a.weight", 1, (c, in) -> factor.applyAsDouble(c));
      scale(graph, "a.bias", 1, (c, in) -> factor.applyAsDouble(c));
      scale(graph, "b.weight", CHANNELS, (c, in) -> 1 / factor.applyAsDouble(in));
    }
  }

  private interface Factor {
    double of(int output, int input);
  }

  private static void scale(OnnxGraph graph, String name, int inputs, Factor factor) {
    Tensor tensor = graph.initializer(name).orElseThrow();
    float[] values = tensor.toFloats();
    int outputs = (int) tensor.size(0);
    int each = values.length / outputs;
    for (int i = 0; i < values.length; i++) {
      values[i] *= (float) factor.of(i / each, i % each / (each / inputs));
    }
    graph.setInitializer(name, Tensor.of(values, tensor.shape()));
  }

  @ParameterizedTest
  @EnumSource
  void itKeepsWhatTheyKnowOrIsRefused(Case hard) {
    OnnxGraph fp32 = SmallNetworks.chain();
    if (hard == Case.DEAD_CHANNEL) { // BatchNormalization of no variance, folded
      scale(fp32, "a.weight", 1, (c, in) -> c == 3 ? 1e-12 : 1);
      scale(fp32, "a.bias", 1, (c, in) -> c == 3 ? 40 : 1);
    }
    try (CalibrationSet learn = images("learn", 280);
        CalibrationSet calibration = images("calibrate", 64);
        CalibrationSet guard = images("guard", 350);
        CalibrationSet others = images("others", 700)) {
      learn(fp32, learn);
      hard.change(fp32);
      List<float[]> expected = Reference.of(fp32, others, SCORING).answers();
      double accuracy = accuracy(expected);
      assertThat(accuracy).isBetween(0.85, 0.999);
      Quantized int8 =
          StaticInt8.quantize(
              fp32,
              new Int8Images(calibration, guard, labels(350)),
              SCORING,
              SmallNetworks.limits(0.005, Target.CPU),
              false,
              line -> {});
      double after = accuracy(Reference.of(int8.graph(), others, SCORING).answers());
      assertThat(after).isGreaterThanOrEqualTo(accuracy - 0.005);
      assertThat(int8.layers().orElseThrow().floats()).as("repaired, not left float").isEmpty();
    } catch (Failure refused) {
      assertThat(hard).isNotEqualTo(Case.SOUND);
      assertThat(refused.code()).isEqualTo(ExitCode.GATE_REFUSED);
    }
  }

  /** The last layer asks for the nearest of the classes' mean features. */
  private static void learn(OnnxGraph graph, CalibrationSet images) {
    double[][] means = new double[CLASSES][];
    try (RuntimeModel model = RuntimeModel.observing(graph, List.of("flatten_out"))) {
      for (int i = 0; i < images.count(); i++) {
        float[] features =
            model.run(images.one(i), images.shape(1), List.of("flatten_out")).get(0).toFloats();
        double[] mean =
            means[i % CLASSES] == null ? new double[features.length] : means[i % CLASSES];
        for (int f = 0; f < features.length; f++) {
          mean[f] += features[f] * CLASSES / (double) images.count();
        }
        means[i % CLASSES] = mean;
      }
    }
    int features = means[0].length;
    float[] weight = new float[CLASSES * features];
    float[] bias = new float[CLASSES];
    for (int k = 0; k < CLASSES; k++) {
      for (int f = 0; f < features; f++) {
        weight[k * features + f] = (float) means[k][f];
        bias[k] -= (float) (means[k][f] * means[k][f] / 2);
      }
    }
    graph.setInitializer("fc.weight", Tensor.of(weight, CLASSES, features));
    graph.setInitializer("fc.bias", Tensor.of(bias, CLASSES));
  }

  /** Image i is of class {@code i % CLASSES}: a colour of the class, a tint and noise. */
  private static CalibrationSet images(String name, int count) {
    CalibrationSet images = new CalibrationSet(3, SmallNetworks.SIZE, SmallNetworks.SIZE);
    float[] image = new float[LENGTH];
    for (int i = 0; i < count; i++) {
      double[] colour = Uniform.u("class/" + i % CLASSES, 3);
      double[] tint = Uniform.u(name + "/tint/" + i, 3);
      double[] noise = Uniform.u(name + "/noise/" + i, LENGTH);
      for (int k = 0; k < LENGTH; k++) {
        int c = k / (SmallNetworks.SIZE * SmallNetworks.SIZE);
        image[k] = (float) (1.5 * colour[c] + 0.2 * tint[c] + noise[k]);
      }
      images.add(image);
    }
    return images;
  }

  private static List<List<Integer>> labels(int count) {
    List<List<Integer>> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      labels.add(List.of(i % CLASSES));
    }
    return labels;
  }

  private static double accuracy(List<float[]> answers) {
    int images = answers.size();
    List<List<Integer>> given = SmallNetworks.argmax(answers);
    int right = 0;
    for (int i = 0; i < images; i++) {
      right += given.get(i).get(0) == i % CLASSES ? 1 : 0;
    }
    return right / (double) images;
  }
}
