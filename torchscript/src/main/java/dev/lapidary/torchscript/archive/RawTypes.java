package dev.lapidary.torchscript.archive;

import java.util.Map;
import java.util.OptionalInt;

/** Storages of PyTorch whose elements are of no type here ({@code torch/storage.py}). */
final class RawTypes {
  private static final Map<String, Integer> WIDTHS =
      Map.of(
          "UntypedStorage", 1,
          "QUInt4x2Storage", 1,
          "QUInt2x4Storage", 1,
          "ComplexFloatStorage", 8,
          "ComplexDoubleStorage", 16);

  private RawTypes() {}

  /** Bytes of an element; empty if the storage is not PyTorch's. */
  static OptionalInt width(String storageName) {
    Integer width = WIDTHS.get(storageName);
    return width == null ? OptionalInt.empty() : OptionalInt.of(width);
  }
}
