package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
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
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>, its fields in the
 * order of their numbers.
 *
 * <p>The large messages are framed here and not by protobuf, so that of the constants that are
 * computed only one is in memory at a time.
 */
public final class OnnxWriter {
  /** The lowest that has opset 18's types; runtimes since 2021 read it. */
  public static final int IR_VERSION = 8;

  /** Windows maps files in steps of 64 KiB, others in smaller ones. */
  private static final int MAPPED_BYTES = 1 << 16;

  private static final int PART_BYTES = 1 << 20;

  public static final String PRODUCER = "lapidary";

  private OnnxWriter() {}

  /** Writes the file itself; the caller moves it into place. */
  public static void write(OnnxGraph graph, Path file) throws IOException {
    make(file);
    overwrite(graph, file);
  }

  /** The same over a file that is there, which fails if it is gone. */
  static void overwrite(OnnxGraph graph, Path file) throws IOException {
    write(graph, file, Placement.INLINE);
  }

  private static void make(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(file);
    }
  }

  /** The same, its large constants in a second file, {@code NAME.data} beside it. */
  public static void writeInTwo(OnnxGraph graph, Path file) throws IOException {
    Path data = file.resolveSibling(file.getFileName() + ".data");
    make(data);
    writeData(graph, data);
    make(file);
    write(graph, file, String.valueOf(data.getFileName()));
  }

  /**
   * The same without the large constants, which are in another file of the same folder.
   *
   * @param data that file's name
   */
  static void write(OnnxGraph graph, Path file, String data) throws IOException {
    write(graph, file, new Placement(data, offsets(graph)));
  }

  private static void write(OnnxGraph graph, Path file, Placement placement) throws IOException {
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      write(graph, placement, out);
      out.truncate(out.position()); // of a longer one that was here
    }
  }

  /** The file's bytes, for a runtime that loads from memory. */
  public static byte[] bytes(OnnxGraph graph) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (WritableByteChannel out = Channels.newChannel(bytes)) {
      write(graph, Placement.INLINE, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Of all constants together. */
  public static long weightBytes(OnnxGraph graph) {
    return graph.initializers().values().stream().mapToLong(OnnxWriter::bytes).sum();
  }

  private static long bytes(Tensor tensor) {
    return tensor.numel() * tensor.dtype().bytes();
  }

  /**
   * Writes the large constants one after the other into a file that is there.
   *
   * @return the file's CRC-32C, gaps included
   */
  static long writeData(OnnxGraph graph, Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    ByteBuffer scratch = scratch(graph);
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (Map.Entry<String, Long> entry : offsets(graph).entrySet()) {
        ByteBuffer gap = ByteBuffer.allocate((int) (entry.getValue() - out.position()));
        ByteBuffer tensor = graph.initializer(entry.getKey()).orElseThrow().bytes(scratch);
        for (ByteBuffer part : new ByteBuffer[] {gap, tensor}) {
          checksum.update(part.duplicate());
          put(out, part);
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
    ModelProto entry = ModelProto.newBuilder().addMetadataProps(Messages.entry(key, value)).build();
    Files.write(file, entry.toByteArray(), StandardOpenOption.APPEND);
  }

  private static void write(OnnxGraph graph, Placement placement, WritableByteChannel to)
      throws IOException {
    GraphProto.Builder nodes = GraphProto.newBuilder().setName(graph.name());
    graph.nodes().forEach(node -> nodes.addNode(Messages.node(node)));
    GraphProto.Builder ends = GraphProto.newBuilder();
    graph.inputs().forEach(info -> ends.addInput(Messages.info(info)));
    graph.outputs().forEach(info -> ends.addOutput(Messages.info(info)));
    GraphProto before = nodes.build();
    GraphProto after = ends.build();
    long length = before.getSerializedSize() + (long) after.getSerializedSize();
    Map<String, TensorProto> described = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> constant : graph.initializers().entrySet()) {
      TensorProto proto = described(constant.getKey(), constant.getValue(), placement);
      described.put(constant.getKey(), proto);
      long size = length(proto, constant.getValue());
      length += framed(GraphProto.INITIALIZER_FIELD_NUMBER, size);
    }
    CodedOutputStream out = CodedOutputStream.newInstance(Channels.newOutputStream(to));
    ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName(PRODUCER).build().writeTo(out);
    frame(out, ModelProto.GRAPH_FIELD_NUMBER, length);
    before.writeTo(out);
    ByteBuffer scratch = scratch(graph);
    for (Map.Entry<String, TensorProto> constant : described.entrySet()) {
      Tensor tensor = graph.initializer(constant.getKey()).orElseThrow();
      TensorProto proto = constant.getValue();
      frame(out, GraphProto.INITIALIZER_FIELD_NUMBER, length(proto, tensor));
      proto.writeTo(out);
      if (isInline(proto)) {
        frame(out, TensorProto.RAW_DATA_FIELD_NUMBER, bytes(tensor));
        out.flush();
        put(to, tensor.bytes(scratch));
      }
    }
    after.writeTo(out);
    trailer(graph).writeTo(out);
    out.flush();
  }

  private static ModelProto trailer(OnnxGraph graph) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("").setVersion(graph.opset()));
    graph.metadata().forEach((key, value) -> model.addMetadataProps(Messages.entry(key, value)));
    return model.build();
  }

  /** All but the elements, or where these are. */
  private static TensorProto described(String name, Tensor tensor, Placement placement) {
    TensorProto.Builder proto = Messages.described(name, tensor);
    Long offset = placement.offsets().get(name);
    if (offset != null) {
      proto
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .addExternalData(Messages.entry("location", placement.file()))
          .addExternalData(Messages.entry("offset", Long.toString(offset)))
          .addExternalData(Messages.entry("length", Long.toString(bytes(tensor))));
    }
    return proto.build();
  }

  private static boolean isInline(TensorProto proto) {
    return proto.getDataLocation() != TensorProto.DataLocation.EXTERNAL;
  }

  /** Of the message with the elements that come behind it. */
  private static long length(TensorProto proto, Tensor tensor) {
    return proto.getSerializedSize()
        + (isInline(proto) ? framed(TensorProto.RAW_DATA_FIELD_NUMBER, bytes(tensor)) : 0);
  }

  /** Of a field of so many bytes with what stands before it. */
  private static long framed(int field, long length) {
    return CodedOutputStream.computeTagSize(field)
        + CodedOutputStream.computeUInt64SizeNoTag(length)
        + length;
  }

  /** What stands before a field of many bytes. */
  private static void frame(CodedOutputStream out, int field, long length) throws IOException {
    out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt64NoTag(length);
  }

  /** In parts: a channel has a copy of its own of what is on the heap, as long as the part. */
  private static void put(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(bytes.position() + Math.min(end - bytes.position(), PART_BYTES));
      out.write(bytes);
    }
  }

  /** Room for the largest constant that is not in memory. */
  private static ByteBuffer scratch(OnnxGraph graph) {
    int size =
        graph.initializers().values().stream()
            .map(Tensor::storage)
            .filter(Storage::isComputed)
            .mapToInt(Storage::size)
            .max()
            .orElse(0);
    return ByteBuffer.allocateDirect(size);
  }
}
