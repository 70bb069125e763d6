package dev.lapidary.runtime.session;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** Four convolutions of ones and a mean: each output is known, each batch size plans its memory. */
final class SmallNetwork {
  static final int SIDE = 16;
  private static final int CHANNELS = 3;
  private static final int LAYERS = 4;

  private SmallNetwork() {}

  static byte[] bytes() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("small")
            .addInput(value("input", CHANNELS, SIDE, SIDE))
            .addOutput(value("logits", CHANNELS, 1, 1));
    TensorProto.Builder ones =
        TensorProto.newBuilder()
            .setName("ones")
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .addAllDims(List.of((long) CHANNELS, (long) CHANNELS, 1L, 1L));
    for (int i = 0; i < CHANNELS * CHANNELS; i++) {
      ones.addFloatData(1f / CHANNELS);
    }
    graph.addInitializer(ones);
    for (int i = 0; i < LAYERS; i++) {
      String input = i == 0 ? "input" : "layer" + (i - 1);
      graph.addNode(node("Conv", List.of(input, "ones"), "layer" + i));
    }
    graph.addNode(node("GlobalAveragePool", List.of("layer" + (LAYERS - 1)), "logits"));
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .addMetadataProps(StringStringEntryProto.newBuilder().setKey("key").setValue("word"))
        .build()
        .toByteArray();
  }

  private static NodeProto node(String op, List<String> inputs, String output) {
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(op).addAllInput(inputs).addOutput(output);
    if (op.equals("Conv")) {
      node.addAttribute(
          AttributeProto.newBuilder()
              .setName("kernel_shape")
              .setType(AttributeProto.AttributeType.INTS)
              .addAllInts(List.of(1L, 1L)));
    }
    return node.build();
  }

  private static ValueInfoProto value(String name, int... dims) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int dim : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT.getNumber())
                        .setShape(shape)))
        .build();
  }

  static OnnxSession open() throws OrtException {
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      return OnnxSession.open(bytes(), options);
    }
  }

  /** One run of a batch of ones; each of its outputs is 1. Returns their sum over its count. */
  static float run(OnnxSession session, int batch) throws OrtException {
    FloatBuffer ones =
        ByteBuffer.allocateDirect(Float.BYTES * batch * CHANNELS * SIDE * SIDE)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    while (ones.hasRemaining()) {
      ones.put(1);
    }
    long[] shape = {batch, CHANNELS, SIDE, SIDE};
    try (OnnxTensor input = OnnxTensor.createTensor(OnnxRuntime.environment(), ones.flip(), shape);
        OrtSession.Result result = session.run(Map.of("input", input))) {
      FloatBuffer logits = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float sum = 0;
      for (int i = 0; i < batch * CHANNELS; i++) {
        sum += logits.get(i);
      }
      return sum / (batch * CHANNELS);
    }
  }
}
