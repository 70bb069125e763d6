package dev.lapidary.core.tensor;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Element types, numbered and named as in PyTorch ({@code c10/core/ScalarType.h}) and safetensors.
 */
public enum DType {
  UINT8(0, 1, "ByteStorage", "U8"),
  INT8(1, 1, "CharStorage", "I8"),
  INT16(2, 2, "ShortStorage", "I16"),
  INT32(3, 4, "IntStorage", "I32"),
  INT64(4, 8, "LongStorage", "I64"),
  FLOAT16(5, 2, "HalfStorage", "F16"),
  FLOAT32(6, 4, "FloatStorage", "F32"),
  FLOAT64(7, 8, "DoubleStorage", "F64"),
  BOOL(11, 1, "BoolStorage", "BOOL"),
  QINT8(12, 1, "QInt8Storage", ""),
  QUINT8(13, 1, "QUInt8Storage", ""),
  QINT32(14, 4, "QInt32Storage", ""),
  BFLOAT16(15, 2, "BFloat16Storage", "BF16");

  private final int scalarType;
  private final int bytes;
  private final String storageName;
  private final String safetensorsName;

  DType(int scalarType, int bytes, String storageName, String safetensorsName) {
    this.scalarType = scalarType;
    this.bytes = bytes;
    this.storageName = storageName;
    this.safetensorsName = safetensorsName;
  }

  /** The number that TorchScript text uses: {@code dtype=6}. */
  public int scalarType() {
    return scalarType;
  }

  public int bytes() {
    return bytes;
  }

  /** {@code torch.<name>} in a pickle. */
  public String storageName() {
    return storageName;
  }

  /** The name in a safetensors header; empty where that format has none. */
  public String safetensorsName() {
    return safetensorsName;
  }

  public boolean isFloating() {
    return this == FLOAT16 || this == FLOAT32 || this == FLOAT64 || this == BFLOAT16;
  }

  public static Optional<DType> ofScalarType(long scalarType) {
    return Arrays.stream(values()).filter(t -> t.scalarType == scalarType).findFirst();
  }

  /** By {@code torch.<name>}, such as {@code float32}. */
  public static Optional<DType> ofName(String name) {
    return Arrays.stream(values())
        .filter(t -> t.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }

  public static Optional<DType> ofStorageName(String name) {
    return Arrays.stream(values()).filter(t -> t.storageName.equals(name)).findFirst();
  }

  public static Optional<DType> ofSafetensorsName(String name) {
    return Arrays.stream(values())
        .filter(t -> !name.isEmpty() && t.safetensorsName.equals(name))
        .findFirst();
  }
}
