package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.errorprone.annotations.FormatMethod;
import com.google.protobuf.CodedInputStream;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/**
 * Reads ONNX models of one flat graph in the default domain: no control flow, no functions. Tensors
 * may lie in files beside the model ({@link ExternalData}). Everything is checked here: names,
 * order, the bytes of each tensor. All refusals are exit 2, or exit 4 for what the format allows
 * and this reader does not. Format: <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>.
 */
public final class OnnxReader {
  private static final int MAX_NESTING = 32;
  private static final int MAX_NODES = 1_000_000;

  /** What a zip file begins with: "PK", 3, 4. */
  private static final int ZIP = 0x504b0304;

  private final String source;
  private final Optional<ExternalData> external;

  private OnnxReader(String source, Optional<ExternalData> external) {
    this.source = source;
    this.external = external;
  }

  /** The tensors lie in the mapped file or files; no bytes are copied. */
  public static OnnxGraph read(Path file) {
    return read(file, new ExternalData(file));
  }

  /** The files beside a model that it refers to, sorted. */
  public static SortedSet<Path> dataFiles(Path file) {
    ExternalData external = new ExternalData(file);
    read(file, external);
    return external.files();
  }

  private static OnnxGraph read(Path file, ExternalData external) {
    String source = String.valueOf(file.getFileName());
    try (FileChannel channel = FileChannel.open(file)) {
      if (!Files.isRegularFile(file)) {
        throw Failure.badInput("[%s] is not a file; give an ONNX model", source);
      }
      if (channel.size() > Integer.MAX_VALUE) {
        throw Failure.badInput("[%s] is larger than 2 GiB, which no ONNX file can be", source);
      }
      ByteBuffer bytes = channel.map(MapMode.READ_ONLY, 0, channel.size());
      return read(bytes, source, Optional.of(external));
    } catch (NoSuchFileException e) {
      throw Failure.badInput("[%s] no such file; give an ONNX model", file);
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be read: %s", file, String.valueOf(e.getMessage()));
    }
  }

  /**
   * A model with its data inside.
   *
   * @param source the file's name, for messages
   */
  public static OnnxGraph read(ByteBuffer bytes, String source) {
    return read(bytes, source, Optional.empty());
  }

  private static OnnxGraph read(ByteBuffer bytes, String source, Optional<ExternalData> external) {
    if (bytes.remaining() >= Integer.BYTES && bytes.duplicate().getInt(bytes.position()) == ZIP) {
      throw Failure.badInput(
          "[%s] is a TorchScript archive, not an ONNX model; make one of it by 'exporter onnx'",
          source);
    }
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    in.enableAliasing(true);
    in.setRecursionLimit(MAX_NESTING);
    try {
      return new OnnxReader(source, external).model(ModelProto.parseFrom(in));
    } catch (IOException e) { // what is in memory fails by its bytes alone
      throw Failure.badInput(
          "[%s] is not an ONNX model, or it is damaged or cut off; export or fetch it again",
          source);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput(
          "[%s] is not a valid ONNX model: %s", source, String.valueOf(e.getMessage()));
    }
  }

  private OnnxGraph model(ModelProto model) {
    if (!model.hasGraph()) {
      throw Failure.badInput("[%s] is not an ONNX model: it has no graph", source);
    }
    if (model.getFunctionsCount() > 0 || model.getGraph().getSparseInitializerCount() > 0) {
      throw Failure.unsupported(
          "[%s] holds functions or sparse tensors; a flat graph of dense tensors is supported",
          source);
    }
    OnnxGraph graph = new OnnxGraph(model.getGraph().getName(), opset(model));
    for (StringStringEntryProto entry : model.getMetadataPropsList()) {
      graph.metadata().put(entry.getKey(), entry.getValue());
    }
    fill(graph, model.getGraph());
    return graph;
  }

  private int opset(ModelProto model) {
    return (int)
        model.getOpsetImportList().stream()
            .filter(o -> o.getDomain().isEmpty() || o.getDomain().equals("ai.onnx"))
            .findFirst()
            .orElseThrow(
                () -> Failure.badInput("[%s] imports no version of the domain ai.onnx", source))
            .getVersion();
  }

  private void fill(OnnxGraph graph, GraphProto proto) {
    Set<String> known = new HashSet<>();
    for (var tensor : proto.getInitializerList()) {
      require(known.add(tensor.getName()), "two values are called %s", tensor.getName());
      graph.setInitializer(tensor.getName(), TensorReader.read(tensor, source, external));
    }
    for (ValueInfoProto input : proto.getInputList()) {
      if (!graph.initializers().containsKey(input.getName())) { // IR 3 lists initializers here too
        require(known.add(input.getName()), "two values are called %s", input.getName());
        graph.addInput(info(input));
      }
    }
    require(proto.getNodeCount() <= MAX_NODES, "it has %s nodes", proto.getNodeCount());
    Set<String> names = new HashSet<>();
    for (int i = 0; i < proto.getNodeCount(); i++) {
      graph.add(node(proto.getNode(i), i, names, known));
    }
    for (ValueInfoProto output : proto.getOutputList()) {
      require(known.contains(output.getName()), "nothing gives the output %s", output.getName());
      graph.addOutput(info(output));
    }
    require(!graph.outputs().isEmpty(), "it has no %s", "output");
  }

  private OnnxNode node(NodeProto proto, int index, Set<String> names, Set<String> known) {
    if (!proto.getDomain().isEmpty() && !proto.getDomain().equals("ai.onnx")) {
      throw Failure.unsupported(
          "[%s] node %s is of the domain %s; only ai.onnx is supported",
          source, proto.getName(), proto.getDomain());
    }
    for (String input : proto.getInputList()) {
      require(
          input.isEmpty() || known.contains(input),
          "%s reads a value that nothing before it gives: %s",
          proto.getOpType(),
          input);
    }
    for (String output : proto.getOutputList()) {
      require(output.isEmpty() || known.add(output), "two values are called %s", output);
    }
    require(proto.getOutputCount() > 0, "%s has no outputs", proto.getOpType());
    String name = proto.getName();
    if (name.isEmpty() || !names.add(name)) { // names of nodes are optional in ONNX
      name = proto.getOpType() + "_" + index;
      while (!names.add(name)) {
        name += "_";
      }
    }
    Map<String, Attribute> attributes = new HashMap<>();
    for (AttributeProto attribute : proto.getAttributeList()) {
      attributes.put(attribute.getName(), attribute(attribute, proto.getOpType()));
    }
    return new OnnxNode(
        name, proto.getOpType(), proto.getInputList(), proto.getOutputList(), attributes);
  }

  private Attribute attribute(AttributeProto proto, String op) {
    return switch (proto.getType()) {
      case INT -> new Attribute.Int(proto.getI());
      case FLOAT -> new Attribute.Real(proto.getF());
      case STRING -> new Attribute.Text(proto.getS().toStringUtf8());
      case INTS -> new Attribute.Ints(proto.getIntsList());
      case FLOATS -> new Attribute.Reals(proto.getFloatsList());
      case STRINGS ->
          new Attribute.Texts(
              proto.getStringsList().stream().map(text -> text.toStringUtf8()).toList());
      case TENSOR -> new Attribute.Constant(TensorReader.read(proto.getT(), source));
      default ->
          throw Failure.unsupported(
              "[%s] attribute %s of %s is a %s; numbers, texts and tensors are supported",
              source, proto.getName(), op, proto.getType());
    };
  }

  private ValueInfo info(ValueInfoProto proto) {
    int type = proto.getType().getTensorType().getElemType();
    DType dtype =
        OnnxTypes.dtype(type)
            .orElseThrow(
                () ->
                    Failure.unsupported(
                        "[%s] %s has the element type %d; numbers and booleans are supported",
                        source, proto.getName(), type));
    List<ValueInfo.Axis> axes = new ArrayList<>();
    for (TensorShapeProto.Dimension d : proto.getType().getTensorType().getShape().getDimList()) {
      require(d.getDimValue() >= 0, "%s has a negative size", proto.getName());
      axes.add(
          d.hasDimValue()
              ? ValueInfo.Axis.of(d.getDimValue())
              : new ValueInfo.Axis(d.getDimParam().isEmpty() ? "?" : d.getDimParam(), 0));
    }
    return new ValueInfo(proto.getName(), dtype, axes);
  }

  @FormatMethod
  private void require(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new IllegalArgumentException(String.format(message, arguments));
    }
  }
}
