package dev.lapidary.core.onnx;

import dev.lapidary.core.file.MappedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Just enough of an ONNX file to walk back from its output, by field numbers (onnx/onnx.proto3):
 * nodes by what they give, shapes where the file says them, single numbers. Weights stay where they
 * are.
 */
final class OnnxNodes {
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_OPSET = 8;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_OUTPUT = 12;
  private static final int GRAPH_VALUE = 13;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int MAX_DIMS = 64;
  private static final int FEW = 8;

  private final Map<String, OnnxNode> makers = new HashMap<>();
  private final Map<String, List<Long>> shapes = new HashMap<>();
  private final Map<String, Double> numbers = new HashMap<>();
  private final Map<String, List<Long>> lists = new HashMap<>();
  private String output = "";
  private long opset = 1;

  /**
   * @param operator its type, such as {@code Softmax}
   * @param integers of its attributes those that are one integer
   * @param lists of its attributes those that are several
   */
  record OnnxNode(
      String operator,
      List<String> inputs,
      List<String> outputs,
      Map<String, Long> integers,
      Map<String, List<Long>> lists) {
    OnnxNode {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
      integers = Map.copyOf(integers);
      lists = Map.copyOf(lists);
    }

    String input(int index) {
      return index < inputs.size() ? inputs.get(index) : "";
    }
  }

  private OnnxNodes() {}

  /**
   * @throws dev.lapidary.core.failure.Failure (exit 2) if it is no ONNX
   */
  static OnnxNodes read(MappedFile mapped) {
    OnnxNodes nodes = new OnnxNodes();
    Protobuf model = new Protobuf(mapped.slice(0, mapped.size()), "model");
    while (model.next()) {
      switch (model.field()) {
        case MODEL_GRAPH -> nodes.graph(model.message("graph"));
        case MODEL_OPSET -> nodes.opset(model.message("opset_import"));
        default -> {}
      }
    }
    return nodes;
  }

  /** The first output's name. */
  String output() {
    return output;
  }

  /** The version of {@code ai.onnx}. */
  long opset() {
    return opset;
  }

  Optional<OnnxNode> maker(String value) {
    return Optional.ofNullable(makers.get(value));
  }

  /** Sizes, -1 where the file leaves one open; empty if it says none. */
  Optional<List<Long>> shape(String value) {
    return Optional.ofNullable(shapes.get(value));
  }

  /** Of a constant that is one number. */
  OptionalDouble number(String value) {
    Double number = numbers.get(value);
    return number == null ? OptionalDouble.empty() : OptionalDouble.of(number);
  }

  /** A node's axes: an attribute, in later versions an input; empty if it names none. */
  List<Long> axes(OnnxNode node) {
    return node.lists().getOrDefault("axes", lists.getOrDefault(node.input(1), List.of()));
  }

  private void opset(Protobuf in) {
    String domain = "";
    long version = 1;
    while (in.next()) {
      if (in.field() == 1) {
        domain = in.text();
      } else if (in.field() == 2) {
        version = in.number();
      }
    }
    if (domain.isEmpty() || domain.equals("ai.onnx")) {
      opset = version;
    }
  }

  private void graph(Protobuf in) {
    while (in.next()) {
      switch (in.field()) {
        case GRAPH_NODE -> node(in.message("node"));
        case GRAPH_INITIALIZER -> tensor(in.message("initializer"), "");
        case GRAPH_VALUE -> value(in.message("value_info"));
        case GRAPH_OUTPUT -> {
          String name = value(in.message("output"));
          output = output.isEmpty() ? name : output;
        }
        default -> {}
      }
    }
  }

  private void node(Protobuf in) {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, Long> integers = new HashMap<>();
    Map<String, List<Long>> several = new HashMap<>();
    String operator = "";
    ByteBuffer value = ByteBuffer.allocate(0);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> inputs.add(in.text());
        case 2 -> outputs.add(in.text());
        case 4 -> operator = in.text();
        case 5 -> value = attribute(in.message("attribute"), integers, several).orElse(value);
        default -> {}
      }
    }
    OnnxNode node = new OnnxNode(operator, inputs, outputs, integers, several);
    outputs.forEach(name -> makers.put(name, node));
    if (operator.equals("Constant") && !outputs.isEmpty() && value.hasRemaining()) {
      tensor(new Protobuf(value, "value"), outputs.get(0));
    }
  }

  /** The bytes of a tensor, if it holds one. */
  private static Optional<ByteBuffer> attribute(
      Protobuf in, Map<String, Long> integers, Map<String, List<Long>> several) {
    String name = "";
    List<Long> list = new ArrayList<>();
    Optional<ByteBuffer> tensor = Optional.empty();
    Optional<Long> integer = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.text();
        case 3 -> integer = Optional.of(in.number());
        case 5 -> tensor = Optional.of(in.bytes());
        case 8 -> few(in, list);
        default -> {}
      }
    }
    several.put(name, list);
    if (integer.isPresent()) {
      integers.put(name, integer.get());
    }
    return tensor;
  }

  private void tensor(Protobuf in, String called) {
    List<Long> dims = new ArrayList<>();
    String name = called;
    long type = 0;
    ByteBuffer data = ByteBuffer.allocate(0);
    List<Long> integers = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> in.integers(dims, MAX_DIMS);
        case 2 -> type = in.number();
        case 4, 9 -> data = in.bytes();
        case 7 -> few(in, integers);
        case 8 -> name = called.isEmpty() ? in.text() : called;
        default -> {}
      }
    }
    ByteBuffer bytes = data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    boolean one = dims.stream().allMatch(d -> d == 1);
    if (type == FLOAT && one && bytes.remaining() == Float.BYTES) {
      numbers.put(name, (double) bytes.getFloat());
    } else if (type == INT64 && dims.size() <= 1 && bytes.remaining() <= FEW * Long.BYTES) {
      while (bytes.remaining() >= Long.BYTES) {
        integers.add(bytes.getLong());
      }
      lists.put(name, integers);
      if (one && integers.size() == 1) {
        numbers.put(name, (double) integers.get(0));
      }
    }
  }

  /** Of a long list, which is none of axes, nothing is kept. */
  private static void few(Protobuf in, List<Long> integers) {
    if (in.isShort() && integers.size() < FEW) {
      in.integers(integers, MAX_DIMS);
    }
  }

  private String value(Protobuf in) {
    String name = "";
    Optional<List<Long>> shape = Optional.empty();
    while (in.next()) {
      if (in.field() == 1) {
        name = in.text();
      } else if (in.field() == 2) {
        shape = typeShape(in.message("type"));
      }
    }
    if (shape.isPresent()) {
      shapes.put(name, shape.get());
    }
    return name;
  }

  private static Optional<List<Long>> typeShape(Protobuf type) {
    while (type.next()) {
      if (type.field() == 1) {
        Protobuf tensor = type.message("tensor_type");
        while (tensor.next()) {
          if (tensor.field() == 2) {
            return Optional.of(dims(tensor.message("shape")));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static List<Long> dims(Protobuf shape) {
    List<Long> dims = new ArrayList<>();
    while (shape.next() && dims.size() < MAX_DIMS) {
      long size = -1;
      Protobuf dim = shape.message("dim");
      while (dim.next()) {
        size = dim.field() == 1 ? dim.number() : size;
      }
      dims.add(size);
    }
    return dims;
  }
}
