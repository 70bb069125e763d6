package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxInitializersTest {
  @TempDir Path folder;

  /** A model of IR version 8 with three initializers: raw, packed floats, and bfloat16 scalars. */
  static byte[] model() {
    byte[] raw = bytes(1.5f, -2, 3, 0.25f, 5, 6);
    byte[] first =
        join(varint(1, 2), varint(1, 3), varint(2, 1), field(8, "fc.weight"), field(9, raw));
    byte[] second =
        join(field(1, new byte[] {2}), varint(2, 1), field(8, "fc.bias"), field(4, bytes(7, 8)));
    byte[] third = join(varint(2, 16), field(8, "scale"), field(9, new byte[] {(byte) 0x80, 0x3f}));
    byte[] node = join(field(1, "x"), field(4, "Gemm"));
    byte[] graph =
        join(field(1, node), field(2, "g"), field(5, first), field(5, second), field(5, third));
    byte[] property = join(field(1, "author"), field(2, "someone"));
    return join(varint(1, 8), field(2, "maker"), field(7, graph), field(14, property));
  }

  @Test
  void readsInitializersByName() throws IOException {
    NamedTensors read = WeightsFile.read(write(model()));

    assertThat(read.format()).isEqualTo("ONNX");
    assertThat(read.metadata()).isEqualTo(Map.of("author", "someone"));
    assertThat(read.tensors()).containsOnlyKeys("fc.weight", "fc.bias", "scale");
    assertThat(read.tensors().get("fc.weight").shape()).containsExactly(2, 3);
    assertThat(read.tensors().get("fc.weight").toFloats())
        .containsExactly(1.5f, -2, 3, 0.25f, 5, 6);
    assertThat(read.tensors().get("fc.bias").toFloats()).containsExactly(7, 8);
    assertThat(read.tensors().get("scale").dtype()).isEqualTo(DType.BFLOAT16);
    assertThat(read.tensors().get("scale").toFloats()).containsExactly(1);
  }

  @Test
  void anIdentityIsAnotherNameOfItsInitializer() throws IOException {
    byte[] tensor = join(varint(1, 2), varint(2, 1), field(8, "a.bias"), field(4, bytes(7, 8)));
    byte[] alias = join(field(1, "a.bias"), field(2, "b.bias"), field(4, "Identity"));
    byte[] again = join(field(1, "b.bias"), field(2, "c.bias"), field(4, "Identity"));
    byte[] input = join(field(1, "x"), field(2, "y"), field(4, "Identity"));
    byte[] other = join(field(1, "a.bias"), field(2, "d.bias"), field(4, "Neg"));
    byte[] nodes =
        join(field(1, alias), field(1, again), field(1, input), field(1, other), field(5, tensor));
    NamedTensors read = WeightsFile.read(write(join(varint(1, 8), field(7, nodes))));

    assertThat(read.tensors()).containsOnlyKeys("a.bias", "b.bias", "c.bias");
    assertThat(read.tensors().get("c.bias").toFloats()).containsExactly(7, 8);
  }

  @Test
  void refusesDataInAnotherFile() throws IOException {
    byte[] external = join(varint(1, 2), varint(2, 1), field(8, "w"), varint(14, 1));
    Path file = write(join(varint(1, 8), field(7, field(5, external))));

    assertThatThrownBy(() -> WeightsFile.read(file))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[m.onnx] initializer 'w': its data lies in another file; save the model with its data"
                + " inside, as floats");
  }

  @Test
  void refusesDataThatDoesNotFillItsShape() throws IOException {
    byte[] claimed = join(varint(1, 1L << 40), varint(1, 1L << 40), varint(2, 1), field(8, "w"));
    Path file = write(join(varint(1, 8), field(7, field(5, claimed))));

    assertThatThrownBy(() -> WeightsFile.read(file))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[m.onnx] initializer 'w': 0 bytes for FLOAT32[1099511627776, ");
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("m.onnx"), bytes);
  }

  private static byte[] bytes(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  private static byte[] field(int number, String text) {
    return field(number, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] field(int number, byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, number << 3 | 2);
    put(out, bytes.length);
    out.writeBytes(bytes);
    return out.toByteArray();
  }

  private static byte[] varint(int number, long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, number << 3);
    put(out, value);
    return out.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
