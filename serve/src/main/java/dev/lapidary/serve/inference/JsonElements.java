package dev.lapidary.serve.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.lapidary.runtime.tensor.DataType;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;

/** A tensor's elements in JSON: a list, or lists of lists as deep as the shape, row-major. */
final class JsonElements {
  private static final BigInteger MAX_UINT64 = BigInteger.ONE.shiftLeft(64);

  private final String name;
  private final DataType type;
  private final JsonParser json;

  private JsonElements(String name, DataType type, JsonParser json) {
    this.name = name;
    this.type = type;
    this.json = json;
  }

  /** Takes one element after the other. */
  @FunctionalInterface
  private interface Sink {
    /** Returns false if there is no room for it. */
    boolean take() throws IOException;
  }

  /**
   * Fills a buffer, to its end.
   *
   * @throws InvalidRequest if the elements are not as many, or of another type
   */
  static void read(String name, DataType type, byte[] body, int at, int end, ByteBuffer into) {
    try (JsonParser json = InferenceHeader.FACTORY.createParser(body, at, end - at)) {
      JsonElements elements = new JsonElements(name, type, json);
      elements.all(() -> into.hasRemaining() && elements.put(into));
      if (into.hasRemaining()) {
        throw elements.wrongCount();
      }
    } catch (IOException e) {
      throw InferenceHeader.invalid(e);
    }
  }

  /**
   * Fills a list, to its size.
   *
   * @throws InvalidRequest if the elements are not as many, or no text
   */
  static void read(String name, byte[] body, int at, int end, List<byte[]> into, long count) {
    try (JsonParser json = InferenceHeader.FACTORY.createParser(body, at, end - at)) {
      JsonElements elements = new JsonElements(name, DataType.BYTES, json);
      elements.all(() -> into.size() < count && into.add(elements.text()));
      if (into.size() < count) {
        throw elements.wrongCount();
      }
    } catch (IOException e) {
      throw InferenceHeader.invalid(e);
    }
  }

  private void all(Sink sink) throws IOException {
    int depth = 0;
    do {
      JsonToken token = json.nextToken();
      if (token == JsonToken.START_ARRAY) {
        depth++;
      } else if (token == JsonToken.END_ARRAY) {
        depth--;
      } else if (depth == 0) {
        throw wrong();
      } else if (!sink.take()) {
        throw wrongCount();
      }
    } while (depth > 0);
  }

  private boolean put(ByteBuffer into) throws IOException {
    switch (type) {
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
              "input '%s' is %s, which JSON does not carry; send it as binary data", name, type);
    }
    return true;
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
    if (value.signum() < 0 || value.compareTo(MAX_UINT64) >= 0) {
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
    if (text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
      throw new InvalidRequest("input '%s' has text with half of a surrogate pair", name);
    }
    return text.getBytes(UTF_8);
  }

  private InvalidRequest wrong() {
    return new InvalidRequest(
        "the data of input '%s' is no list of %s", name, type == DataType.BYTES ? "text" : type);
  }

  private InvalidRequest wrongCount() {
    return new InvalidRequest(
        "the data of input '%s' has more or fewer elements than its shape says", name);
  }
}
