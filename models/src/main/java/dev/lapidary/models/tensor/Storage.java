package dev.lapidary.models.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The little-endian bytes behind one or more tensors. Two tensors share memory exactly if their
 * storages are the same object, as in PyTorch. At most 2 GiB.
 */
public final class Storage {
  private final ByteBuffer bytes;

  private Storage(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** Wraps the buffer's remaining bytes, without a copy; it may be a read-only map of a file. */
  public static Storage over(ByteBuffer bytes) {
    return new Storage(bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  /** New zeroed memory on the heap. */
  public static Storage allocate(long bytes) {
    return over(ByteBuffer.allocate(Math.toIntExact(bytes)));
  }

  /** The bytes, for absolute access; little-endian. Writes through it are seen by all tensors. */
  public ByteBuffer bytes() {
    return bytes;
  }

  public int size() {
    return bytes.capacity();
  }
}
