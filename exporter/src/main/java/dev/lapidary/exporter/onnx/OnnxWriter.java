package dev.lapidary.exporter.onnx;

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
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.lapidary.models.tensor.Tensor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes ONNX models: IR version 8, {@code ai.onnx} of the graph's opset, every constant as
 * raw_data. Equal graphs give equal bytes. Format: <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>.
 */
public final class OnnxWriter {
  /** The lowest that has opset 18's types; runtimes since 2021 read it. */
  public static final int IR_VERSION = 8;

  public static final String PRODUCER = "lapidary";

  private OnnxWriter() {}

  /** Writes the file itself; the caller moves it into place. */
  public static void write(OnnxGraph graph, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      model(graph).writeTo(out);
    }
  }

  /**
   * Adds a metadata entry to a written file without reading it: in protobuf what follows a message
   * is merged into it, and {@code metadata_props} is the last field that is written anyway.
   */
  public static void appendMetadata(Path file, String key, String value) throws IOException {
    ModelProto entry =
        ModelProto.newBuilder()
            .addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value))
            .build();
    Files.write(file, entry.toByteArray(), StandardOpenOption.APPEND);
  }

  /** The file's bytes, for a runtime that loads from memory. */
  public static byte[] bytes(OnnxGraph graph) {
    return model(graph).toByteArray();
  }

  private static ModelProto model(OnnxGraph graph) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName(PRODUCER)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(graph.opset()))
            .setGraph(graph(graph));
    graph
        .metadata()
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  private static GraphProto graph(OnnxGraph graph) {
    GraphProto.Builder proto = GraphProto.newBuilder().setName(graph.name());
    graph.nodes().forEach(node -> proto.addNode(node(node)));
    graph.initializers().forEach((name, tensor) -> proto.addInitializer(tensor(name, tensor)));
    graph.inputs().forEach(info -> proto.addInput(info(info)));
    graph.outputs().forEach(info -> proto.addOutput(info(info)));
    return proto.build();
  }

  private static NodeProto node(OnnxNode node) {
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
    } else if (value instanceof Attribute.Constant a) {
      proto.setType(AttributeProto.AttributeType.TENSOR).setT(tensor(key, a.value()));
    }
    return proto.build();
  }

  private static TensorProto tensor(String name, Tensor tensor) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(OnnxTypes.number(tensor.dtype()));
    for (long size : tensor.shape()) {
      proto.addDims(size);
    }
    // Wrapped, not copied: a large model exists once in memory.
    return proto.setRawData(UnsafeByteOperations.unsafeWrap(tensor.contiguous().bytes())).build();
  }

  private static ValueInfoProto info(ValueInfo info) {
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
