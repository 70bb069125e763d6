package dev.lapidary.core.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The little-endian bytes behind one or more tensors. Two tensors share memory exactly if their
 * storages are the same object, as in PyTorch. At most 2 GiB.
 */
public final class Storage {
  private final int size;
  private final Consumer<ByteBuffer> computation;
  private Optional<ByteBuffer> bytes;

  private Storage(int size, Consumer<ByteBuffer> computation, Optional<ByteBuffer> bytes) {
    this.size = size;
    this.computation = computation;
    this.bytes = bytes;
  }

  /** Wraps the buffer's remaining bytes, without a copy; it may be a read-only map of a file. */
  public static Storage over(ByteBuffer bytes) {
    ByteBuffer own = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    return new Storage(own.capacity(), to -> {}, Optional.of(own));
  }

  /**
   * Bytes that take no memory until somebody asks for them. For one thread.
   *
   * @param computation fills a little-endian buffer of {@code size} bytes, with the same ones
   *     whenever it is called
   */
  public static Storage computed(long size, Consumer<ByteBuffer> computation) {
    return new Storage(Math.toIntExact(size), computation, Optional.empty());
  }

  /** New zeroed memory on the heap. */
  public static Storage allocate(long bytes) {
    return over(ByteBuffer.allocate(Math.toIntExact(bytes)));
  }

  /** The bytes, for absolute access; little-endian. Writes through it are seen by all tensors. */
  public ByteBuffer bytes() {
    if (bytes.isEmpty()) {
      // Outside of the heap: a collector would move large ones about each time that it grows.
      bytes = Optional.of(filled(ByteBuffer.allocateDirect(size)));
    }
    return bytes.get();
  }

  /**
   * The bytes for one reading; what is only computed is not kept.
   *
   * @param scratch of at least {@link #size()} bytes, where computed ones go
   */
  public ByteBuffer bytes(ByteBuffer scratch) {
    return bytes.orElseGet(() -> filled(scratch.slice(0, size)));
  }

  /** Nobody has asked for the bytes yet. */
  public boolean isComputed() {
    return bytes.isEmpty();
  }

  public int size() {
    return size;
  }

  private ByteBuffer filled(ByteBuffer to) {
    computation.accept(to.order(ByteOrder.LITTLE_ENDIAN));
    return to;
  }
}
