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
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes ONNX models: IR version 8, {@code ai.onnx} of the graph's opset, every constant as
 * raw_data or, where the weights are too large for one file, in a second one. Equal graphs give
 * equal bytes. Format: <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>.
 */
public final class OnnxWriter {
  /** The lowest that has opset 18's types; runtimes since 2021 read it. */
  public static final int IR_VERSION = 8;

  /** Windows maps files in steps of 64 KiB, others in smaller ones. */
  private static final int MAPPED_BYTES = 1 << 16;

  public static final String PRODUCER = "lapidary";

  private OnnxWriter() {}

  /** Writes the file itself; the caller moves it into place. */
  public static void write(OnnxGraph graph, Path file) throws IOException {
    write(model(graph, Placement.INLINE), file);
  }

  /** The same, its large constants in a second file, {@code NAME.data} beside it. */
  public static void writeInTwo(OnnxGraph graph, Path file) throws IOException {
    Path data = file.resolveSibling(file.getFileName() + ".data");
    writeData(graph, data);
    write(graph, file, String.valueOf(data.getFileName()));
  }

  /**
   * The same without the large constants, which are in another file of the same folder.
   *
   * @param data that file's name
   */
  static void write(OnnxGraph graph, Path file, String data) throws IOException {
    write(model(graph, new Placement(data, offsets(graph))), file);
  }

  private static void write(ModelProto model, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      model.writeTo(out);
    }
  }

  /** Of all constants together. */
  public static long weightBytes(OnnxGraph graph) {
    return graph.initializers().values().stream().mapToLong(OnnxWriter::bytes).sum();
  }

  private static long bytes(Tensor tensor) {
    return tensor.numel() * tensor.dtype().bytes();
  }

  /**
   * Writes the large constants one after the other.
   *
   * @return the file's CRC-32C, gaps included
   */
  static long writeData(OnnxGraph graph, Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (Map.Entry<String, Long> entry : offsets(graph).entrySet()) {
        ByteBuffer gap = ByteBuffer.allocate((int) (entry.getValue() - out.position()));
        ByteBuffer tensor = graph.initializer(entry.getKey()).orElseThrow().contiguous().bytes();
        for (ByteBuffer part : new ByteBuffer[] {gap, tensor}) {
          checksum.update(part.duplicate());
          while (part.hasRemaining()) {
            out.write(part);
          }
        }
      }
    }
    return checksum.getValue();
  }

  /** Where each large constant begins: at multiples of what systems map. */
  private static Map<String, Long> offsets(OnnxGraph graph) {
    Map<String, Long> offsets = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, Tensor> entry : graph.initializers().entrySet()) {
      if (bytes(entry.getValue()) >= MAPPED_BYTES) {
        long start = (end + MAPPED_BYTES - 1) / MAPPED_BYTES * MAPPED_BYTES;
        offsets.put(entry.getKey(), start);
        end = start + bytes(entry.getValue());
      }
    }
    return offsets;
  }

  /**
   * Where constants are.
   *
   * @param file the name of the second file; empty if there is none
   * @param offsets of the constants in it
   */
  private record Placement(String file, Map<String, Long> offsets) {
    static final Placement INLINE = new Placement("", Map.of());
  }

  /**
   * Adds a metadata entry to a written file without reading it: in protobuf what follows a message
   * is merged into it, and {@code metadata_props} is the last field that is written anyway.
   */
  public static void appendMetadata(Path file, String key, String value) throws IOException {
    ModelProto entry = ModelProto.newBuilder().addMetadataProps(entry(key, value)).build();
    Files.write(file, entry.toByteArray(), StandardOpenOption.APPEND);
  }

  /** The file's bytes, for a runtime that loads from memory. */
  public static byte[] bytes(OnnxGraph graph) {
    return model(graph, Placement.INLINE).toByteArray();
  }

  private static ModelProto model(OnnxGraph graph, Placement placement) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName(PRODUCER)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(graph.opset()))
            .setGraph(graph(graph, placement));
    graph.metadata().forEach((key, value) -> model.addMetadataProps(entry(key, value)));
    return model.build();
  }

  private static GraphProto graph(OnnxGraph graph, Placement placement) {
    GraphProto.Builder proto = GraphProto.newBuilder().setName(graph.name());
    graph.nodes().forEach(node -> proto.addNode(node(node)));
    graph
        .initializers()
        .forEach((name, tensor) -> proto.addInitializer(tensor(name, tensor, placement)));
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
      proto
          .setType(AttributeProto.AttributeType.TENSOR)
          .setT(tensor(key, a.value(), Placement.INLINE));
    }
    return proto.build();
  }

  private static TensorProto tensor(String name, Tensor tensor, Placement placement) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(OnnxTypes.number(tensor.dtype()));
    for (long size : tensor.shape()) {
      proto.addDims(size);
    }
    Long offset = placement.offsets().get(name);
    if (offset != null) {
      return proto
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .addExternalData(entry("location", placement.file()))
          .addExternalData(entry("offset", Long.toString(offset)))
          .addExternalData(entry("length", Long.toString(bytes(tensor))))
          .build();
    }
    // Wrapped, not copied: a large model exists once in memory.
    return proto.setRawData(UnsafeByteOperations.unsafeWrap(tensor.contiguous().bytes())).build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
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
