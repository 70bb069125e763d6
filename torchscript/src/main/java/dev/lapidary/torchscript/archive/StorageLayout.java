package dev.lapidary.torchscript.archive;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyQTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which bytes of which storage an archive gets: each storage once, numbered in the order of first
 * use, and of it only the range that its tensors reach. A view of a large storage so costs what it
 * shows, while tensors that share one go on sharing.
 */
final class StorageLayout {
  /** Any element type may start there. */
  private static final int WIDEST_ELEMENT = 8;

  private final Map<Storage, Range> ranges = new LinkedHashMap<>();

  private StorageLayout() {}

  /**
   * Where a tensor begins.
   *
   * @param key the storage's record
   * @param elements of the written storage, in the tensor's type
   * @param offset of the tensor in it, in elements
   */
  record View(String key, long elements, long offset) {}

  private static final class Range {
    private final String key;
    private final Storage storage;
    private int from = Integer.MAX_VALUE;
    private int to;
    private int widest = 1;

    private Range(String key, Storage storage) {
      this.key = key;
      this.storage = storage;
    }

    private int size() {
      int end = (to + widest - 1) / widest * widest;
      return Math.max(0, Math.min(end, storage.size()) - start());
    }

    private int start() {
      return Math.min(from, to) / WIDEST_ELEMENT * WIDEST_ELEMENT;
    }
  }

  static StorageLayout of(PyValue root) {
    StorageLayout layout = new StorageLayout();
    layout.collect(root, new IdentityHashMap<>());
    return layout;
  }

  View view(Tensor tensor) {
    Range range = ranges.get(tensor.storage());
    if (range == null) {
      throw new IllegalArgumentException(tensor + " was not laid out");
    }
    int width = tensor.dtype().bytes();
    long offset = tensor.numel() == 0 ? 0 : tensor.offset() - range.start() / width;
    return new View(range.key, range.size() / width, offset);
  }

  /** Of all records together. */
  long bytes() {
    return ranges.values().stream().mapToLong(Range::size).sum();
  }

  /** Takes each storage's record in order. */
  interface Sink {
    void accept(String key, ByteBuffer bytes) throws IOException;
  }

  void writeTo(Sink sink) throws IOException {
    for (Range range : ranges.values()) {
      sink.accept(range.key, range.storage.bytes().slice(range.start(), range.size()));
    }
  }

  private void collect(PyValue value, IdentityHashMap<PyValue, Boolean> seen) {
    if (value instanceof PyTensor tensor) {
      use(tensor.tensor());
    } else if (value instanceof PyQTensor tensor) {
      use(tensor.integers());
      tensor.quantizer().tensors().forEach(this::use);
    } else if (seen.put(value, true) == null) {
      PyTree.parts(value).forEach(part -> collect(part, seen));
    }
  }

  private void use(Tensor tensor) {
    Range range =
        ranges.computeIfAbsent(
            tensor.storage(), storage -> new Range(String.valueOf(ranges.size()), storage));
    if (tensor.numel() == 0) {
      return;
    }
    int width = tensor.dtype().bytes();
    range.widest = Math.max(range.widest, width);
    long last = tensor.offset();
    for (int d = 0; d < tensor.rank(); d++) {
      last += (tensor.size(d) - 1) * tensor.strides()[d];
    }
    range.from = (int) Math.min(range.from, tensor.offset() * width);
    range.to = (int) Math.max(range.to, (last + 1) * width);
  }
}
