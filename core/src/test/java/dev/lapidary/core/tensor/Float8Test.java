package dev.lapidary.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Values that PyTorch 2.15 gives for these bytes, {@code .view(dtype).float()}. */
class Float8Test {
  @Test
  void readsWhatPyTorchReads() {
    assertThat(read(Float8.E4M3FN))
        .containsExactly(
            0.0f,
            0.001953125f,
            0.005859375f,
            0.013671875f,
            0.015625f,
            0.5f,
            1.0f,
            1.5f,
            13.0f,
            240.0f,
            352.0f,
            384.0f,
            416.0f,
            Float.NaN,
            -0.0f,
            Float.NaN,
            -1.0f);
    assertThat(read(Float8.E5M2))
        .containsExactly(
            0.0f,
            1.52587890625e-05f,
            4.57763671875e-05f,
            0.0001068115234375f,
            0.0001220703125f,
            0.125f,
            0.5f,
            1.0f,
            80.0f,
            28672.0f,
            57344.0f,
            Float.POSITIVE_INFINITY,
            Float.NaN,
            Float.NaN,
            -0.0f,
            Float.NaN,
            -0.5f);
    assertThat(read(Float8.E4M3FNUZ))
        .containsExactly(
            0.0f,
            0.0009765625f,
            0.0029296875f,
            0.0068359375f,
            0.0078125f,
            0.25f,
            0.5f,
            0.75f,
            6.5f,
            120.0f,
            176.0f,
            192.0f,
            208.0f,
            240.0f,
            Float.NaN,
            -240.0f,
            -0.5f);
    assertThat(read(Float8.E5M2FNUZ))
        .containsExactly(
            0.0f,
            7.62939453125e-06f,
            2.288818359375e-05f,
            5.340576171875e-05f,
            6.103515625e-05f,
            0.0625f,
            0.25f,
            0.5f,
            40.0f,
            14336.0f,
            28672.0f,
            32768.0f,
            40960.0f,
            57344.0f,
            Float.NaN,
            -57344.0f,
            -0.25f);
  }

  @Test
  void isFoundByBothNames() {
    for (Float8 type : Float8.values()) {
      assertThat(Float8.ofName("float8_" + type.name().toLowerCase(java.util.Locale.ROOT)))
          .contains(type);
    }
    assertThat(Float8.ofSafetensorsName("F8_E4M3")).contains(Float8.E4M3FN);
    assertThat(Float8.ofName("float8_e8m0fnu")).isEmpty();
  }

  /** 17 bytes of every kind: zeros, subnormals, ones, the greatest, what is no number. */
  private static float[] read(Float8 type) {
    byte[] bytes = {
      0, 1, 3, 7, 8, 0x30, 0x38, 0x3c, 0x55, 0x77, 0x7b, 0x7c, 0x7d, 0x7f, -128, -1, -72
    };
    Tensor bits = Tensor.zeros(DType.UINT8, bytes.length);
    bits.bytes().put(bytes);
    return type.decoded(bits).toFloats();
  }
}
