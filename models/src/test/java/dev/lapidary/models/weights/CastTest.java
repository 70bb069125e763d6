package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import org.junit.jupiter.api.Test;

class CastTest {
  @Test
  void integersStayExact() {
    Tensor big = Tensor.of(new long[] {(1L << 53) + 1, -7}, 2);
    assertThat(Cast.to(DType.INT64, big)).isSameAs(big);
    assertThat(Cast.to(DType.INT32, Tensor.of(new long[] {-7, 300}, 2)).toLongs())
        .containsExactly(-7, 300);
  }

  @Test
  void readsThroughStrides() {
    Tensor matrix = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor transposed = matrix.view(new long[] {3, 2}, new long[] {1, 3}, 0);
    Tensor doubles = Cast.to(DType.FLOAT64, transposed);
    assertThat(doubles.toDoubles()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(doubles.isContiguous()).isTrue();
  }

  @Test
  void roundsToTheNearestHalf() {
    Tensor values = Tensor.of(new float[] {1 + 0x1p-11f, 1 + 0x3p-11f, 1e9f}, 3);
    assertThat(Cast.to(DType.FLOAT16, values).toFloats())
        .containsExactly(1, 1 + 0x1p-9f, Float.POSITIVE_INFINITY);
  }

  @Test
  void boolIsWhatIsNotZero() {
    Tensor values = Tensor.of(new float[] {0, 0.5f, -3}, 3);
    assertThat(Cast.to(DType.BOOL, values).toLongs()).containsExactly(0, 1, 1);
  }
}
