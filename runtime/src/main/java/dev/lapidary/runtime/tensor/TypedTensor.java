package dev.lapidary.runtime.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A tensor with its name; its elements row-major. */
public sealed interface TypedTensor {
  String name();

  DataType type();

  /** Each at least 0. */
  List<Long> shape();

  /**
   * @param data little-endian; its remaining bytes are the elements
   */
  record Numbers(String name, DataType type, List<Long> shape, ByteBuffer data)
      implements TypedTensor {
    public Numbers {
      shape = List.copyOf(shape);
      data = data.slice().order(ByteOrder.LITTLE_ENDIAN);
      long expected = Math.multiplyExact(TensorShapes.elements(shape), type.size());
      if (type == DataType.BYTES || data.remaining() != expected) {
        throw new IllegalArgumentException(
            "%s %s of shape %s takes %d bytes but has %d"
                .formatted(type, name, shape, expected, data.remaining()));
      }
    }

    /** From position 0; little-endian. */
    @Override
    public ByteBuffer data() {
      return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /**
   * Of type {@code BYTES}.
   *
   * @param elements text in UTF-8, or images
   */
  record Texts(String name, List<Long> shape, List<byte[]> elements) implements TypedTensor {
    public Texts {
      shape = List.copyOf(shape);
      elements = List.copyOf(elements);
      if (elements.size() != TensorShapes.elements(shape)) {
        throw new IllegalArgumentException(
            "BYTES %s of shape %s has %d elements".formatted(name, shape, elements.size()));
      }
    }

    @Override
    public DataType type() {
      return DataType.BYTES;
    }
  }
}
