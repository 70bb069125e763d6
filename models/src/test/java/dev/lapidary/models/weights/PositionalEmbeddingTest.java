package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.zoo.Pretrained;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.script.StateDict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Numbers of torchvision 0.14's {@code interpolate_embeddings} on (i * 37 % 11) / 8. */
class PositionalEmbeddingTest {
  private static final String NAME = "encoder.pos_embedding";
  private static final double[] FIVE = {
    0.0, 0.5, 1.0, 0.125, 0.8476562, 0.6601562, 0.625, 1.125, 0.4023438, 1.03125, 0.25, 0.75,
    1.2304688, 0.2265625, 1.0136719, 0.3535156, 0.7265625, 0.5390625, 0.4918213, 0.7246094,
    0.3515625, 0.8515625, 1.25, 0.375, 1.0976562, 0.09375, 0.875, 0.0, 0.6523438, 0.4648438, 0.5,
    1.0, 0.7109375, 0.5234375, 0.9023438, 0.1656494, 1.0234375, 0.0195312, 0.8652344, 0.5367432,
    0.6484375, 1.1484375, 0.125, 0.625, 0.6601562, 0.34375, 1.125, 0.25, 1.03125, 0.7148438, 0.75,
    1.25
  };
  private static final double[] TWO = {0, 0.5, 1, 0.125, 0.25, 0.75, 0.125, 0.625, 0.75, 1.25};

  @Test
  void aGridOfPositionsBecomesLargerAndSmaller() {
    assertResized(5, FIVE);
    assertResized(2, TWO);
  }

  private static void assertResized(int side, double... expected) {
    Map<String, Tensor> file = Map.of(NAME, embedding());
    Naming.Names names = new Naming.Names(file, Map.of(), List.of());
    StateDict target = target(side);
    Naming.Names fitted = PositionalEmbedding.fitted(names, target);
    Tensor resized = fitted.tensors().get(NAME);
    assertThat(resized.shape()).containsExactly(1, 1 + side * side, 2);
    double[] values = resized.toDoubles();
    for (int i = 0; i < expected.length; i++) {
      assertThat(values[i]).isCloseTo(expected[i], within(1e-6)); // printed with 7 digits
    }
    assertThat(fitted.notes())
        .containsExactly(
            "interpolated encoder.pos_embedding from 3x3 to %dx%d positions".formatted(side, side));
  }

  @Test
  void weightsOfAViTFitAnotherInputSize() {
    ZooOptions options = ZooOptions.of(3, 1);
    StateDict published = StateDict.of(Zoo.find("vit_b_32").build(options));
    NamedTensors file = new NamedTensors("safetensors", published.tensors(), Map.of(), List.of());
    Pretrained small = Pretrained.of(Zoo.find("vit_b_32"), options.withInputSize(96), file, 1);
    assertThat(small.report().notes())
        .containsExactly("interpolated encoder.pos_embedding from 7x7 to 3x3 positions");
    Tensor embedding = StateDict.of(small.archive()).find(NAME).orElseThrow().tensor();
    float[] before = published.find(NAME).orElseThrow().tensor().toFloats();
    assertThat(embedding.shape()).containsExactly(1, 10, 768);
    // Corners are aligned, so the corners and the middle of 7x7 are those of 3x3.
    assertThat(embedding.toFloats()[5 * 768 + 9]).isEqualTo(before[25 * 768 + 9]);
    assertThat(embedding.toFloats()[9 * 768 + 9]).isEqualTo(before[49 * 768 + 9]);
    assertThat(embedding.toFloats()[9]).isEqualTo(before[9]);
  }

  private static Tensor embedding() {
    float[] values = new float[20];
    for (int i = 0; i < 20; i++) {
      values[i] = i * 37 % 11 / 8f;
    }
    return Tensor.of(values, 1, 10, 2);
  }

  /** The one entry that matters. */
  private static StateDict target(int side) {
    var owner = new dev.lapidary.torchscript.archive.PyValue.PyObject("__torch__.Encoder");
    Tensor wanted = Tensor.zeros(dev.lapidary.core.tensor.DType.FLOAT32, 1, 1 + side * side, 2);
    var value = new dev.lapidary.torchscript.archive.PyValue.PyTensor(wanted, true);
    return new StateDict(
        List.of(
            new StateDict.Entry(NAME, value, StateDict.Kind.PARAMETER, owner, "pos_embedding")));
  }
}
