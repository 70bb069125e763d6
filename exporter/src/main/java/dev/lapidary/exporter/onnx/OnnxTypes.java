package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.lapidary.core.tensor.DType;
import java.util.Map;
import java.util.Optional;

/** Element types of ONNX ({@code TensorProto.DataType}) and PyTorch. */
public final class OnnxTypes {
  private static final Map<DType, DataType> TO_ONNX =
      Map.ofEntries(
          Map.entry(DType.UINT8, DataType.UINT8),
          Map.entry(DType.INT8, DataType.INT8),
          Map.entry(DType.INT16, DataType.INT16),
          Map.entry(DType.INT32, DataType.INT32),
          Map.entry(DType.INT64, DataType.INT64),
          Map.entry(DType.BOOL, DataType.BOOL),
          Map.entry(DType.FLOAT16, DataType.FLOAT16),
          Map.entry(DType.BFLOAT16, DataType.BFLOAT16),
          Map.entry(DType.FLOAT32, DataType.FLOAT),
          Map.entry(DType.FLOAT64, DataType.DOUBLE));

  private OnnxTypes() {}

  /** The number of {@code TensorProto.DataType}, as the attribute {@code to} of Cast has it. */
  public static int number(DType dtype) {
    DataType type = TO_ONNX.get(dtype);
    if (type == null) {
      throw new IllegalArgumentException(dtype + " has no ONNX type");
    }
    return type.getNumber();
  }

  public static Optional<DType> dtype(int number) {
    return TO_ONNX.entrySet().stream()
        .filter(e -> e.getValue().getNumber() == number)
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
