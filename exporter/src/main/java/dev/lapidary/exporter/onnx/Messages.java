package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.lapidary.core.tensor.Tensor;

/**
 * A graph's parts as messages of <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>.
 */
final class Messages {
  private Messages() {}

  static NodeProto node(OnnxNode node) {
    NodeProto.Builder proto =
        NodeProto.newBuilder()
            .setName(node.name())
            .setOpType(node.op())
            .addAllInput(node.inputs())
            .addAllOutput(node.outputs());
    node.attributes().forEach((key, value) -> proto.addAttribute(attribute(key, value)));
    return proto.build();
  }

  private static AttributeProto attribute(String key, Attribute value) {
    AttributeProto.Builder proto = AttributeProto.newBuilder().setName(key);
    if (value instanceof Attribute.Int a) {
      proto.setType(AttributeProto.AttributeType.INT).setI(a.value());
    } else if (value instanceof Attribute.Real a) {
      proto.setType(AttributeProto.AttributeType.FLOAT).setF(a.value());
    } else if (value instanceof Attribute.Text a) {
      proto.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(a.value()));
    } else if (value instanceof Attribute.Ints a) {
      proto.setType(AttributeProto.AttributeType.INTS).addAllInts(a.values());
    } else if (value instanceof Attribute.Reals a) {
      proto.setType(AttributeProto.AttributeType.FLOATS).addAllFloats(a.values());
    } else if (value instanceof Attribute.Texts a) {
      proto.setType(AttributeProto.AttributeType.STRINGS);
      a.values().forEach(text -> proto.addStrings(ByteString.copyFromUtf8(text)));
    } else {
      Attribute.Constant a = (Attribute.Constant) value;
      proto.setType(AttributeProto.AttributeType.TENSOR).setT(tensor(key, a.value()));
    }
    return proto.build();
  }

  /** All of a small constant. */
  private static TensorProto tensor(String name, Tensor tensor) {
    return described(name, tensor)
        .setRawData(UnsafeByteOperations.unsafeWrap(tensor.contiguous().bytes()))
        .build();
  }

  /** A constant but for its elements. */
  static TensorProto.Builder described(String name, Tensor tensor) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(OnnxTypes.number(tensor.dtype()));
    for (long size : tensor.shape()) {
      proto.addDims(size);
    }
    return proto;
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  static ValueInfoProto info(ValueInfo info) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (ValueInfo.Axis axis : info.shape()) {
      var dim = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(
          axis.isSymbolic() ? dim.setDimParam(axis.symbol()) : dim.setDimValue(axis.size()));
    }
    var type = TypeProto.Tensor.newBuilder().setElemType(OnnxTypes.number(info.dtype()));
    return ValueInfoProto.newBuilder()
        .setName(info.name())
        .setType(TypeProto.newBuilder().setTensorType(type.setShape(shape)))
        .build();
  }
}
