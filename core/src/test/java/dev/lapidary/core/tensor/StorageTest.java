package dev.lapidary.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StorageTest {
  private final AtomicInteger computations = new AtomicInteger();
  private final Storage storage =
      Storage.computed(
          8,
          to -> {
            computations.incrementAndGet();
            to.asFloatBuffer().put(new float[] {1, 2});
          });

  @Test
  void computesWhenAskedForAndKeeps() {
    assertThat(storage.size()).isEqualTo(8);
    assertThat(storage.isComputed()).isTrue();
    assertThat(computations).hasValue(0);
    Tensor tensor = Tensor.over(DType.FLOAT32, storage, 2);
    assertThat(tensor.toFloats()).containsExactly(1, 2);
    tensor.bytes().putFloat(0, 5);
    assertThat(tensor.toFloats()).containsExactly(5, 2);
    assertThat(storage.isComputed()).isFalse();
    assertThat(computations).hasValue(1);
  }

  @Test
  void keepsNothingOfOneReading() {
    ByteBuffer scratch = ByteBuffer.allocate(20);
    Tensor second = new Tensor(DType.FLOAT32, new long[] {1}, new long[] {1}, storage, 1);
    for (int i = 1; i <= 2; i++) {
      ByteBuffer bytes = second.bytes(scratch);
      assertThat(bytes.remaining()).isEqualTo(4);
      assertThat(bytes.getFloat()).isEqualTo(2);
      assertThat(storage.isComputed()).isTrue();
      assertThat(computations).hasValue(i);
    }
    storage.bytes();
    assertThat(second.bytes(ByteBuffer.allocate(0)).getFloat()).isEqualTo(2);
  }
}
