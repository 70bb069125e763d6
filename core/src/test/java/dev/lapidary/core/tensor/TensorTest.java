package dev.lapidary.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TensorTest {
  private static final Tensor MATRIX = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @Test
  void aViewSharesItsStorage() {
    Tensor transposed = MATRIX.view(new long[] {3, 2}, new long[] {1, 3}, 0);
    assertThat(transposed.storage()).isSameAs(MATRIX.storage());
    assertThat(transposed.isContiguous()).isFalse();
    assertThat(transposed.toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(transposed.contiguous().bytes().asFloatBuffer().get(1)).isEqualTo(4f);
  }

  @Test
  void strideZeroExpands() {
    Tensor row = MATRIX.view(new long[] {2, 3}, new long[] {0, 1}, 3);
    assertThat(row.toFloats()).containsExactly(4, 5, 6, 4, 5, 6);
  }

  @Test
  void refusesAViewOutsideItsStorage() {
    assertThatThrownBy(() -> MATRIX.view(new long[] {2, 3}, new long[] {3, 1}, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reaches element 6 of a storage of 6");
    assertThatThrownBy(() -> MATRIX.view(new long[] {1L << 62, 4}, new long[] {1, 1}, 0))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> MATRIX.view(new long[] {-1}, new long[] {1}, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void withoutElementsEveryStrideIsContiguous() {
    Tensor empty = Tensor.zeros(DType.FLOAT32, 2, 0).view(new long[] {2, 0}, new long[] {7, 1}, 0);
    assertThat(empty.isContiguous()).isTrue();
    assertThat(empty.bytes().hasRemaining()).isFalse();
    assertThat(Tensor.zeros(DType.FLOAT32, 2, 0).toFloats()).isEmpty();
  }
}
