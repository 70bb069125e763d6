package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.onnx.Protobuf;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Just enough ONNX to read the weights: {@code ModelProto.graph.initializer} (onnx/onnx.proto3), by
 * field numbers. A full reader would parse, and copy, every node first. PyTorch's exporter writes
 * equal tensors once and gives them their other names by Identity nodes; those count too.
 */
final class OnnxInitializers {
  /** {@link NamedTensors#format} of these. */
  static final String FORMAT = "ONNX";

  private static final int MODEL_IR_VERSION = 1;
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_METADATA = 14;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_OPERATOR = 4;
  private static final int TENSOR_DIMS = 1;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_FLOATS = 4;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW = 9;
  private static final int TENSOR_DOUBLES = 10;
  private static final int TENSOR_LOCATION = 14;
  private static final int HIGHEST_RANK = 64;
  private static final int MAX_ALIASES = 100_000;

  private static final ByteBuffer IDENTITY = StandardCharsets.UTF_8.encode("Identity");

  /** {@code TensorProto.DataType} to ours. */
  private static final Map<Long, DType> TYPES =
      Map.of(
          1L, DType.FLOAT32,
          2L, DType.UINT8,
          3L, DType.INT8,
          5L, DType.INT16,
          6L, DType.INT32,
          7L, DType.INT64,
          9L, DType.BOOL,
          10L, DType.FLOAT16,
          11L, DType.FLOAT64,
          16L, DType.BFLOAT16);

  private OnnxInitializers() {}

  /** A model starts with its IR version, a small varint. */
  static boolean isOnnx(MappedFile file) {
    if (file.size() < 4) {
      return false;
    }
    ByteBuffer start = file.slice(0, 2);
    return start.get() == MODEL_IR_VERSION << 3 && start.get() > 0;
  }

  static NamedTensors read(MappedFile file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> aliases = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    Protobuf model = new Protobuf(file.slice(0, file.size()), "model");
    while (model.next()) {
      if (model.field() == MODEL_GRAPH) {
        Protobuf graph = model.message("graph");
        while (graph.next()) {
          if (graph.field() == GRAPH_INITIALIZER) {
            add(tensors, graph.message("initializer"));
          } else if (graph.field() == GRAPH_NODE) {
            alias(aliases, graph.message("node"));
          }
        }
      } else if (model.field() == MODEL_METADATA) {
        property(metadata, model.message("metadata_props"));
      }
    }
    if (tensors.isEmpty()) {
      throw Failure.badInput("is read as ONNX and has no initializers; it holds no weights");
    }
    aliases.forEach(
        (name, of) ->
            Optional.ofNullable(tensors.get(of)).ifPresent(t -> tensors.putIfAbsent(name, t)));
    return new NamedTensors(FORMAT, tensors, metadata, List.of());
  }

  /** An Identity's output is another name of its input. */
  private static void alias(Map<String, String> aliases, Protobuf node) {
    ByteBuffer operator = ByteBuffer.allocate(0);
    ByteBuffer input = operator;
    ByteBuffer output = operator;
    while (node.next()) {
      switch (node.field()) {
        case NODE_INPUT -> input = node.bytes();
        case NODE_OUTPUT -> output = node.bytes();
        case NODE_OPERATOR -> operator = node.bytes();
        default -> {}
      }
    }
    if (operator.equals(IDENTITY) && aliases.size() < MAX_ALIASES) {
      aliases.put(text(output), text(input));
    }
  }

  private static void property(Map<String, String> metadata, Protobuf entry) {
    String key = "";
    String value = "";
    while (entry.next()) {
      if (entry.field() == 1) {
        key = text(entry.bytes());
      } else if (entry.field() == 2) {
        value = text(entry.bytes());
      }
    }
    metadata.put(key, value);
  }

  private static void add(Map<String, Tensor> tensors, Protobuf in) {
    List<Long> dims = new ArrayList<>();
    long type = 0;
    String name = "";
    ByteBuffer data = ByteBuffer.allocate(0);
    boolean external = false;
    while (in.next()) {
      switch (in.field()) {
        case TENSOR_DIMS -> in.integers(dims, HIGHEST_RANK);
        case TENSOR_TYPE -> type = in.number();
        case TENSOR_NAME -> name = text(in.bytes());
        case TENSOR_RAW, TENSOR_FLOATS, TENSOR_DOUBLES -> data = in.bytes();
        case TENSOR_LOCATION -> external |= in.number() != 0;
        default -> {}
      }
    }
    DType dtype = TYPES.get(type);
    if (external || dtype == null) {
      throw Failure.badInput(
          "initializer %s: %s; save the model with its data inside, as floats",
          Quote.of(name),
          external ? "its data lies in another file" : "type " + type + " is not read");
    }
    long[] shape = dims.stream().mapToLong(Long::longValue).toArray();
    if (tensors.put(name, tensor(name, dtype, shape, data)) != null) {
      throw Failure.badInput("two initializers are named %s", Quote.of(name));
    }
  }

  private static Tensor tensor(String name, DType dtype, long[] shape, ByteBuffer data) {
    try {
      if (Math.multiplyExact(Tensor.numel(shape), dtype.bytes()) == data.remaining()) {
        return Tensor.over(dtype, Storage.over(data), shape);
      }
    } catch (ArithmeticException | IllegalArgumentException e) {
      // Said below: sizes that overflow are sizes that do not fit.
    }
    throw Failure.badInput(
        "initializer %s: %d bytes for %s%s; the file is damaged or packs its data otherwise",
        Quote.of(name), data.remaining(), dtype, java.util.Arrays.toString(shape));
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }
}
