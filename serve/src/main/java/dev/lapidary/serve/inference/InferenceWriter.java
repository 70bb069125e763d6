package dev.lapidary.serve.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.OptionalInt;

/** The body of an answer over HTTP: JSON, and behind it the outputs that are wanted so. */
public final class InferenceWriter {
  private InferenceWriter() {}

  /**
   * @param headerLength of the JSON, if binary data is behind it
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record Written(byte[] body, OptionalInt headerLength) {}

  /**
   * @throws InvalidRequest if an output is wanted in JSON and JSON does not carry it
   */
  public static Written write(InferenceAnswer answer, InferenceBody asked) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteArrayOutputStream behind = new ByteArrayOutputStream();
    boolean binary = false;
    try (JsonGenerator json = InferenceHeader.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      if (!answer.id().isEmpty()) {
        json.writeStringField("id", answer.id());
      }
      json.writeStringField("model_name", answer.model().name());
      json.writeStringField("model_version", answer.model().version());
      json.writeArrayFieldStart("outputs");
      for (TypedTensor output : answer.outputs()) {
        boolean own = asked.isBinary(output.name());
        binary |= own;
        output(json, output, own, behind);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // there is no I/O
    }
    int header = bytes.size();
    bytes.writeBytes(behind.toByteArray());
    return new Written(bytes.toByteArray(), binary ? OptionalInt.of(header) : OptionalInt.empty());
  }

  private static void output(
      JsonGenerator json, TypedTensor output, boolean binary, ByteArrayOutputStream behind)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", output.name());
    json.writeStringField("datatype", output.type().name());
    json.writeArrayFieldStart("shape");
    for (long dim : output.shape()) {
      json.writeNumber(dim);
    }
    json.writeEndArray();
    if (binary) {
      byte[] data = bytes(output);
      behind.writeBytes(data);
      json.writeObjectFieldStart("parameters");
      json.writeNumberField("binary_data_size", data.length);
      json.writeEndObject();
    } else {
      json.writeArrayFieldStart("data");
      elements(json, output);
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  /** Little-endian; of {@code BYTES} each element behind its length in four bytes. */
  public static byte[] bytes(TypedTensor tensor) {
    if (tensor instanceof TypedTensor.Numbers numbers) {
      ByteBuffer data = numbers.data();
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      return bytes;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] element : ((TypedTensor.Texts) tensor).elements()) {
      bytes.writeBytes(
          ByteBuffer.allocate(Integer.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(element.length)
              .array());
      bytes.writeBytes(element);
    }
    return bytes.toByteArray();
  }

  private static void elements(JsonGenerator json, TypedTensor output) throws IOException {
    if (output instanceof TypedTensor.Texts texts) {
      for (byte[] element : texts.elements()) {
        json.writeString(text(output.name(), element));
      }
      return;
    }
    TypedTensor.Numbers numbers = (TypedTensor.Numbers) output;
    if (!numbers.type().isInJson()) {
      throw new InvalidRequest(
          "output '%s' is %s, which JSON does not carry; ask for it with binary_data",
          output.name(), output.type());
    }
    for (int i = 0; i < numbers.count(); i++) {
      element(json, numbers, i);
    }
  }

  private static void element(JsonGenerator json, TypedTensor.Numbers output, int i)
      throws IOException {
    switch (output.type()) {
      case BOOL -> json.writeBoolean(output.whole(i) != 0);
      case UINT64 -> json.writeNumber(Long.toUnsignedString(output.whole(i)));
      case FP32 -> json.writeNumber((float) finite(output, i));
      case FP64 -> json.writeNumber(finite(output, i));
      default -> json.writeNumber(output.whole(i));
    }
  }

  private static double finite(TypedTensor.Numbers output, int i) {
    double value = output.real(i);
    if (!Double.isFinite(value)) {
      throw new InvalidRequest(
          "output '%s' has a number that is not finite, which JSON does not carry; ask for it with"
              + " binary_data",
          output.name());
    }
    return value;
  }

  private static String text(String name, byte[] element) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(element)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidRequest(
          "output '%s' has bytes that are no UTF-8, which JSON does not carry; ask for it with"
              + " binary_data",
          name);
    }
  }
}
