package dev.lapidary.exporter.lower;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Recurrent layers. A node a layer. */
final class Recurrent {

  private Recurrent() {}

  static void addTo(LoweringTable table) {
    table.several("aten::lstm", op -> layers(op, CellKind.LSTM, op.items("hx")));
    table.several("aten::gru", op -> layers(op, CellKind.GRU, List.of(op.argument("hx"))));
    table.several("aten::rnn_tanh", op -> layers(op, CellKind.TANH, List.of(op.argument("hx"))));
    table.several("aten::rnn_relu", op -> layers(op, CellKind.RELU, List.of(op.argument("hx"))));
  }

  private enum CellKind {
    LSTM("LSTM"),
    GRU("GRU"),
    TANH("RNN"),
    RELU("RNN");

    private final String onnx;

    CellKind(String onnx) {
      this.onnx = onnx;
    }

    /** PyTorch's place of each of ONNX's gates. */
    int[] gates() {
      return switch (this) {
        // input, output, forget, cell of input, forget, cell, output
        case LSTM -> new int[] {0, 3, 1, 2};
        // update, reset, hidden of reset, update, new
        case GRU -> new int[] {1, 0, 2};
        case TANH, RELU -> new int[] {0};
      };
    }

    /** PyTorch resets what the recurrent product gives; ONNX by default what it is given. */
    Map<String, Attribute> attributes(int directions) {
      return switch (this) {
        case LSTM -> Map.of();
        case GRU -> Map.of("linear_before_reset", Attribute.of(1));
        case TANH -> Map.of("activations", each("Tanh", directions));
        case RELU -> Map.of("activations", each("Relu", directions));
      };
    }

    private static Attribute each(String activation, int directions) {
      return new Attribute.Texts(Collections.nCopies(directions, activation));
    }
  }

  private static List<String> layers(Op op, CellKind cell, List<Argument> states) {
    boolean batchFirst = op.bool("batch_first");
    int layers = (int) op.integer("num_layers");
    int directions = op.bool("bidirectional") ? 2 : 1;
    List<String> names = states.stream().map(state -> op.name(state, "hx")).toList();
    List<List<String>> last = new ArrayList<>();
    states.forEach(state -> last.add(new ArrayList<>()));
    String x = batchFirst ? op.transpose(op.tensor("input"), 1, 0, 2) : op.tensor("input");
    for (int layer = 0; layer < layers; layer++) {
      List<String> inputs = new ArrayList<>(List.of(x));
      inputs.addAll(weights(op, cell, layer, directions));
      inputs.add("");
      for (String state : names) {
        inputs.add(ofLayer(op, state, layer, layers, directions));
      }
      List<String> outputs =
          op.several(cell.onnx, 1 + states.size(), attributes(op, cell, directions), inputs);
      // [length, directions, batch, width] to [length, batch, directions * width]
      boolean turns = layer == layers - 1 && batchFirst;
      String turned =
          turns
              ? op.transpose(outputs.get(0), 2, 0, 1, 3)
              : op.transpose(outputs.get(0), 0, 2, 1, 3);
      x = op.emit("Reshape", turned, op.ints(0, 0, -1));
      for (int i = 0; i < last.size(); i++) {
        last.get(i).add(outputs.get(1 + i));
      }
    }
    List<String> results = new ArrayList<>(List.of(x));
    last.forEach(parts -> results.add(joined(op, parts)));
    return results;
  }

  private static Map<String, Attribute> attributes(Op op, CellKind cell, int directions) {
    Map<String, Attribute> attributes = new TreeMap<>(cell.attributes(directions));
    attributes.put("direction", Attribute.of(directions == 2 ? "bidirectional" : "forward"));
    attributes.put("hidden_size", Attribute.of(op.outputs().get(1).shape().get(2).constant()));
    return attributes;
  }

  /** Of {@code [layers * directions, batch, width]}. */
  private static String ofLayer(Op op, String state, int layer, int layers, int directions) {
    long from = (long) layer * directions;
    return layers == 1 ? state : op.slice(state, 0, from, from + directions, 1);
  }

  private static String joined(Op op, List<String> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : op.emit("Concat", Map.of("axis", Attribute.of(0)), parts);
  }

  /** W [directions, G H, I], R [directions, G H, H] and B [directions, 2 G H] of a layer. */
  private static List<String> weights(Op op, CellKind cell, int layer, int directions) {
    boolean biased = op.bool("has_biases");
    int each = biased ? 4 : 2;
    List<Constant> input = new ArrayList<>();
    List<Constant> recurrent = new ArrayList<>();
    List<Constant> biases = new ArrayList<>();
    for (int direction = 0; direction < directions; direction++) {
      int first = (layer * directions + direction) * each;
      input.add(parameter(op, first));
      recurrent.add(parameter(op, first + 1));
      if (biased) {
        biases.add(parameter(op, first + 2));
        biases.add(parameter(op, first + 3));
      }
    }
    long rows = input.get(0).tensor().size(0);
    return List.of(
        stacked(op, cell, input, directions, rows, input.get(0).tensor().size(1)),
        stacked(op, cell, recurrent, directions, rows, rows / cell.gates().length),
        biased ? stacked(op, cell, biases, directions, 2 * rows) : "");
  }

  private static Constant parameter(Op op, int index) {
    if (op.items("params").get(index) instanceof Constant constant) {
      return constant;
    }
    throw op.unsupported("has a computed weight");
  }

  /** One behind the other, each with its gates in ONNX's order. */
  private static String stacked(Op op, CellKind cell, List<Constant> parts, long... shape) {
    int[] gates = cell.gates();
    int each = Math.toIntExact(parts.get(0).tensor().numel());
    int gate = each / gates.length;
    float[] all = new float[Math.multiplyExact(each, parts.size())];
    for (int i = 0; i < parts.size(); i++) {
      float[] values = parts.get(i).tensor().toFloats();
      for (int g = 0; g < gates.length; g++) {
        System.arraycopy(values, gates[g] * gate, all, i * each + g * gate, gate);
      }
    }
    return op.constant(parts.get(0).name() + "/stacked", Tensor.of(all, shape));
  }
}
