package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Hostile;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void keepsNamesInOrderAndEveryTensorAligned() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("bytes", Tensor.zeros(DType.UINT8, 3));
    tensors.put("floats", Tensor.of(new float[] {1, 2}, 2));
    tensors.put("longs", Tensor.of(new long[] {-1}, 1));
    Path file = folder.resolve("a.safetensors");

    Safetensors.write(new NamedTensors("test", tensors, Map.of("k", "v"), List.of()), file);

    byte[] bytes = Files.readAllBytes(file);
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    assertThat(header % 8).isZero();
    assertThat(new String(bytes, 8, header, java.nio.charset.StandardCharsets.UTF_8).strip())
        .isEqualTo(
            "{\"__metadata__\":{\"k\":\"v\"},"
                + "\"bytes\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[16,19]},"
                + "\"floats\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
                + "\"longs\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}");
    assertThat(Safetensors.read(file).tensors().get("longs").toLongs()).containsExactly(-1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}"
            + "|header: 'b' begins at 4, expected 8: tensors overlap or leave a hole",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}"
            + "|header: 'a' begins at 4, expected 0: tensors overlap or leave a hole",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"
            + "|its tensors have 8 bytes, the file 12; it is truncated, fetch it again",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000000000000],\"data_offsets\":[0,12]}}"
            + "|header: 'a' has 12 bytes, expected those of FLOAT32[1000000000000000000]; the file"
            + " is damaged",
        "{\"a\":{\"dtype\":\"U16\",\"shape\":[6],\"data_offsets\":[0,12]}}"
            + "|header: 'a' has the type 'U16'; convert it to F32, F16 or BF16",
        "{\"a\":{\"dtype\":\"F8_E5M2\",\"shape\":[6],\"data_offsets\":[0,12]}}"
            + "|header: 'a' has 12 bytes, expected those of 'F8_E5M2'[6]; the file is damaged",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[-12],\"data_offsets\":[0,12]}}"
            + "|header at byte 28: expected sizes >= 0, found VALUE_NUMBER_INT",
        "[1]|header at byte 0: expected an object, found START_ARRAY",
      })
  void refusesWhatIsNoSafetensors(String header, String message) throws IOException {
    byte[] json = Hostile.bytes(header);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + 12).order(ByteOrder.LITTLE_ENDIAN);
    Path path = folder.resolve("a.safetensors");
    Files.write(path, file.putLong(json.length).put(json).array());

    assertThatThrownBy(() -> Safetensors.read(path))
        .isInstanceOf(Failure.class)
        .hasMessage("[a.safetensors] " + message);
  }

  /** A type that nothing here computes with does not stop the weights beside it. */
  @Test
  void leavesWhatIsOfAnotherTypeAndReadsEightBitFloats() throws IOException {
    byte[] json =
        Hostile.bytes(
            "{\"a\":{\"dtype\":\"U16\",\"shape\":[4],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[8,10]}}");
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + 10).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json).position(8 + json.length + 8);
    Path path = folder.resolve("a.safetensors");
    Files.write(path, file.put((byte) 0x38).put((byte) 0x3c).array());

    NamedTensors read = Safetensors.read(path);

    assertThat(read.tensors()).containsOnlyKeys("b");
    assertThat(read.tensors().get("b").toFloats()).containsExactly(1, 1.5f);
    assertThat(read.notes()).containsExactly("left out: 'a' has the type 'U16'");
  }

  @Test
  void refusesAHeaderLongerThanTheFile() throws IOException {
    Path path = folder.resolve("a.safetensors");
    Files.write(path, new byte[] {0, 0, 0, 0, 0, 1, 0, 0, '{', '}'});

    assertThatThrownBy(() -> Safetensors.read(path))
        .hasMessage(
            "[a.safetensors] header: 1099511627776 bytes, expected 2 to 100000000 in a file of 10;"
                + " it is truncated or no safetensors");
  }

  @Test
  void refusesToWriteATypeThatTheFormatLacks() {
    Map<String, Tensor> tensors = Map.of("q", Tensor.zeros(DType.QINT8, 1));

    assertThatThrownBy(
            () ->
                Safetensors.write(
                    new NamedTensors("test", tensors, Map.of(), List.of()),
                    folder.resolve("a.safetensors")))
        .hasMessage("'q': safetensors has no type for QINT8; convert it");
    assertThat(folder).isEmptyDirectory();
  }
}
