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

    /** The same in direct memory, where native code reads it, in the machine's byte order. */
    public ByteBuffer direct() {
      ByteBuffer direct =
          data.isDirect() ? data() : ByteBuffer.allocateDirect(data.remaining()).put(data()).flip();
      return direct.order(ByteOrder.nativeOrder());
    }

    /** How many elements there are. */
    public int count() {
      return data.remaining() / type.size();
    }

    /**
     * An element of a type of whole numbers; of {@code UINT64} its bits, of {@code BOOL} 0 or 1.
     */
    public long whole(int index) {
      return switch (type) {
        case INT8 -> data.get(index);
        case UINT8, BOOL -> data.get(index) & 0xff;
        case INT16 -> data.getShort(2 * index);
        case UINT16 -> data.getShort(2 * index) & 0xffff;
        case INT32 -> data.getInt(4 * index);
        case UINT32 -> data.getInt(4 * index) & 0xffffffffL;
        case INT64, UINT64 -> data.getLong(8 * index);
        default -> throw new IllegalStateException(type.name());
      };
    }

    /** An element of {@code FP32} or {@code FP64}. */
    public double real(int index) {
      return type == DataType.FP32 ? data.getFloat(4 * index) : data.getDouble(8 * index);
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
