package dev.lapidary.runtime.tensor;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import java.util.Arrays;
import java.util.Optional;

/** The protocol's tensor data types (inference_rest.md, "TypedTensor Data Types"), and BF16. */
public enum DataType {
  BOOL(1, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, OnnxJavaType.BOOL),
  UINT8(1, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, OnnxJavaType.UINT8),
  UINT16(2, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, OnnxJavaType.UNKNOWN),
  UINT32(4, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, OnnxJavaType.UNKNOWN),
  UINT64(8, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, OnnxJavaType.UNKNOWN),
  INT8(1, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, OnnxJavaType.INT8),
  INT16(2, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, OnnxJavaType.INT16),
  INT32(4, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, OnnxJavaType.INT32),
  INT64(8, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, OnnxJavaType.INT64),
  FP16(2, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, OnnxJavaType.FLOAT16),
  BF16(2, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, OnnxJavaType.BFLOAT16),
  FP32(4, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, OnnxJavaType.FLOAT),
  FP64(8, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, OnnxJavaType.DOUBLE),
  BYTES(0, OnnxTensorType.ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, OnnxJavaType.STRING);

  private final int size;
  private final OnnxTensorType onnx;
  private final OnnxJavaType java;

  DataType(int size, OnnxTensorType onnx, OnnxJavaType java) {
    this.size = size;
    this.onnx = onnx;
    this.java = java;
  }

  /** Bytes of an element; 0 of {@link #BYTES}, whose elements have each their own length. */
  public int size() {
    return size;
  }

  /** {@code UNKNOWN} of the unsigned types for which ONNX Runtime's Java interface has none. */
  OnnxJavaType java() {
    return java;
  }

  /** Whether JSON can carry it: no half precision, which has binary data alone. */
  public boolean isInJson() {
    return this != FP16 && this != BF16;
  }

  public static Optional<DataType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  static Optional<DataType> of(OnnxTensorType onnx) {
    return Arrays.stream(values()).filter(type -> type.onnx == onnx).findFirst();
  }
}
