package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Tensor;
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
    NamedTensors file = file(HeadLabels.metadata(List.of("Bag", "Coat")));
    NamedTensors rest = HeadLabels.withoutForeignHead(file, "fc", SHOES);
    assertThat(rest.tensors()).containsOnlyKeys("conv1.weight");
    assertThat(rest.notes())
        .containsExactly("left out fc: it was trained for other classes [\"Bag\",\"Coat\"]");
  }

  @Test
  void aHeadForTheSameClassesStays() {
    NamedTensors file = file(HeadLabels.metadata(SHOES));
    assertThat(HeadLabels.withoutForeignHead(file, "fc", SHOES)).isSameAs(file);
  }

  @Test
  void aFileThatDoesNotSayIsMatchedByShape() {
    NamedTensors file = file(Map.of());
    assertThat(HeadLabels.withoutForeignHead(file, "fc", SHOES)).isSameAs(file);
  }

  @Test
  void saysTheClassesInTheirOrder() {
    assertThat(HeadLabels.of(file(HeadLabels.metadata(SHOES)))).isEqualTo(SHOES);
    assertThat(HeadLabels.of(file(Map.of()))).isEmpty();
    assertThat(HeadLabels.of(file(Map.of("labels", "cat, dog")))).isEmpty();
    assertThat(HeadLabels.of(file(Map.of("labels", "null")))).isEmpty();
    assertThat(HeadLabels.of(file(Map.of("labels", "[null]")))).isEmpty();
  }
}
