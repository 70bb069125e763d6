package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a request says of an input, beside its elements.
 *
 * @param count of the elements
 */
public record InputHead(String name, DataType type, List<Long> shape, long count) {
  /**
   * @param bytes of what came, of which an element takes at least one
   * @param source what that is, such as {@code body}
   * @throws InvalidRequest if there is no such type, or there are more elements
   */
  public static InputHead of(
      String name, String datatype, List<Long> shape, int bytes, String source) {
    DataType type =
        DataType.named(datatype)
            .orElseThrow(
                () ->
                    new InvalidRequest(
                        "input '%s' has the datatype '%s', expected one of %s",
                        ClientText.brief(name),
                        ClientText.brief(datatype),
                        List.of(DataType.values())));
    long count;
    try {
      count = TensorShapes.elements(shape);
    } catch (ArithmeticException e) {
      count = Long.MAX_VALUE;
    }
    if (count > bytes) {
      throw new InvalidRequest(
          "input '%s' has the shape %s, of more elements than the %s has bytes",
          ClientText.brief(name), shape, source);
    }
    return new InputHead(name, type, shape, count);
  }

  /** The name, for errors. */
  public String brief() {
    return ClientText.brief(name);
  }

  /**
   * Its elements as binary data.
   *
   * @throws InvalidRequest if they are more or fewer than its shape says
   */
  public TypedTensor ofBinary(ByteBuffer data) {
    if (type == DataType.BYTES) {
      return ofTexts(TextElements.read(brief(), data, count));
    }
    if (data.remaining() != count * type.size()) {
      throw new InvalidRequest(
          "input '%s', %s of shape %s, takes %d bytes but has %d",
          brief(), type, shape, count * type.size(), data.remaining());
    }
    return ofNumbers(data);
  }

  /** Of {@code BYTES}. */
  public TypedTensor ofTexts(List<byte[]> elements) {
    return new TypedTensor.Texts(name, shape, elements);
  }

  /** Of another type; little-endian. */
  public TypedTensor ofNumbers(ByteBuffer data) {
    return new TypedTensor.Numbers(name, type, shape, data);
  }
}
