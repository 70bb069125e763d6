package dev.lapidary.serve.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.lapidary.runtime.tensor.DataType;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A tensor's elements in JSON: a list, or lists of lists as deep as the shape, row-major. */
final class JsonElements {
  private final InputHead input;
  private final JsonParser json;

  private JsonElements(InputHead input, JsonParser json) {
    this.input = input;
    this.json = json;
  }

  /** Takes one element after the other. */
  @FunctionalInterface
  private interface Sink {
    void take(JsonElements from) throws IOException;
  }

  /**
   * Of a type of numbers.
   *
   * @throws InvalidRequest if the elements are not as many, or of another type
   */
  static ByteBuffer numbers(InputHead input, byte[] body, int at, int end) {
    ByteBuffer data =
        ByteBuffer.allocate((int) input.count() * input.type().size())
            .order(ByteOrder.LITTLE_ENDIAN);
    read(input, body, at, end, elements -> elements.put(data));
    return data.flip();
  }

  /**
   * Of {@code BYTES}.
   *
   * @throws InvalidRequest if the elements are not as many, or no text
   */
  static List<byte[]> texts(InputHead input, byte[] body, int at, int end) {
    List<byte[]> texts = new ArrayList<>((int) input.count());
    read(input, body, at, end, elements -> texts.add(elements.text()));
    return texts;
  }

  private static void read(InputHead input, byte[] body, int at, int end, Sink sink) {
    try (JsonParser json = InferenceHeader.FACTORY.createParser(body, at, end - at)) {
      new JsonElements(input, json).all(sink);
    } catch (IOException e) {
      throw InferenceHeader.invalid(e);
    }
  }

  private void all(Sink sink) throws IOException {
    int depth = 0;
    long taken = 0;
    do {
      JsonToken token = json.nextToken();
      if (token == JsonToken.START_ARRAY) {
        depth++;
      } else if (token == JsonToken.END_ARRAY) {
        depth--;
      } else if (depth == 0) {
        throw wrong();
      } else if (taken++ == input.count()) {
        throw wrongCount();
      } else {
        sink.take(this);
      }
    } while (depth > 0);
    if (taken < input.count()) {
      throw wrongCount();
    }
  }

  private void put(ByteBuffer into) throws IOException {
    switch (input.type()) {
      case BOOL -> into.put((byte) (truth() ? 1 : 0));
      case INT8 -> into.put((byte) whole(Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT8 -> into.put((byte) whole(0, 0xff));
      case INT16 -> into.putShort((short) whole(Short.MIN_VALUE, Short.MAX_VALUE));
      case UINT16 -> into.putShort((short) whole(0, 0xffff));
      case INT32 -> into.putInt((int) whole(Integer.MIN_VALUE, Integer.MAX_VALUE));
      case UINT32 -> into.putInt((int) whole(0, 0xffffffffL));
      case INT64 -> into.putLong(whole(Long.MIN_VALUE, Long.MAX_VALUE));
      case UINT64 -> into.putLong(unsigned());
      case FP32 -> into.putFloat(single());
      case FP64 -> into.putDouble(real());
      default ->
          throw new InvalidRequest(
              "input '%s' is %s, which JSON does not carry; send it as binary data",
              input.brief(), input.type());
    }
  }

  private boolean truth() {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw wrong();
    };
  }

  private long whole(long min, long max) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
        || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw wrong();
    }
    long value = json.getLongValue();
    if (value < min || value > max) {
      throw wrong();
    }
    return value;
  }

  private long unsigned() throws IOException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw wrong();
    }
    BigInteger value = json.getBigIntegerValue();
    if (value.signum() < 0 || value.bitLength() > Long.SIZE) {
      throw wrong();
    }
    return value.longValue();
  }

  private float single() throws IOException {
    requireNumber();
    float value = json.getFloatValue();
    if (!Float.isFinite(value)) {
      throw wrong();
    }
    return value;
  }

  private double real() throws IOException {
    requireNumber();
    double value = json.getDoubleValue();
    if (!Double.isFinite(value)) {
      throw wrong();
    }
    return value;
  }

  private void requireNumber() {
    JsonToken token = json.currentToken();
    if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
      throw wrong();
    }
  }

  private byte[] text() throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong();
    }
    String text = json.getText();
    if (ClientText.isBroken(text)) {
      throw new InvalidRequest("input '%s' has text with half of a surrogate pair", input.brief());
    }
    return text.getBytes(UTF_8);
  }

  private InvalidRequest wrong() {
    return new InvalidRequest(
        "the data of input '%s' is no list of %s",
        input.brief(), input.type() == DataType.BYTES ? "text" : input.type());
  }

  private InvalidRequest wrongCount() {
    return new InvalidRequest(
        "the data of input '%s' has more or fewer elements than its shape says", input.brief());
  }
}
