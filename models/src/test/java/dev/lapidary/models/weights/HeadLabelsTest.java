package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadLabelsTest {
  private static final List<String> SHOES = List.of("Sandal", "Sneaker");
  private static final Tensor TENSOR = Tensor.zeros(DType.FLOAT32, 1);

  private static NamedTensors file(Map<String, String> metadata) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("conv1.weight", TENSOR);
    tensors.put("fc.weight", TENSOR);
    tensors.put("fc.bias", TENSOR);
    return new NamedTensors("safetensors", tensors, metadata, List.of());
  }

  @Test
  void aHeadForOtherClassesOfTheSameCountIsLeftOut() {
    NamedTensors file = file(HeadLabels.metadata(List.of("Bag", "Coat"), Activation.SOFTMAX));
    NamedTensors rest = HeadLabels.withoutForeignHead(file, "fc", SHOES);
    assertThat(rest.tensors()).containsOnlyKeys("conv1.weight");
    assertThat(rest.notes())
        .containsExactly("left out fc: it was trained for other classes [\"Bag\",\"Coat\"]");
  }

  @Test
  void aHeadForTheSameClassesStays() {
    NamedTensors file = file(HeadLabels.metadata(SHOES, Activation.SOFTMAX));
    assertThat(HeadLabels.withoutForeignHead(file, "fc", SHOES)).isSameAs(file);
  }

  @Test
  void aFileThatDoesNotSayIsMatchedByShape() {
    NamedTensors file = file(Map.of());
    assertThat(HeadLabels.withoutForeignHead(file, "fc", SHOES)).isSameAs(file);
  }

  @Test
  void saysTheClassesInTheirOrder() {
    assertThat(HeadLabels.of(file(HeadLabels.metadata(SHOES, Activation.SOFTMAX))))
        .isEqualTo(SHOES);
    assertThat(HeadLabels.of(file(Map.of()))).isEmpty();
    Map<String, String> several = HeadLabels.metadata(SHOES, Activation.SIGMOID);
    assertThat(HeadLabels.of(file(several))).isEqualTo(SHOES);
    assertThat(HeadLabels.activation(file(several))).isEqualTo(Activation.SIGMOID);
    assertThat(HeadLabels.activation(file(Map.of()))).isEqualTo(Activation.SOFTMAX);
    assertThat(HeadLabels.metadata(SHOES, Activation.SOFTMAX)).containsOnlyKeys("labels");
    assertThat(HeadLabels.of(file(Map.of("labels", "cat, dog")))).isEmpty();
    assertThat(HeadLabels.of(file(Map.of("labels", "null")))).isEmpty();
    assertThat(HeadLabels.of(file(Map.of("labels", "[null]")))).isEmpty();
  }
}
