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
    table.several("aten::lstm", op -> layers(op, Cell.LSTM, op.items("hx")));
    table.several("aten::gru", op -> layers(op, Cell.GRU, List.of(op.argument("hx"))));
    table.several("aten::rnn_tanh", op -> layers(op, Cell.rnn("Tanh"), List.of(op.argument("hx"))));
    table.several("aten::rnn_relu", op -> layers(op, Cell.rnn("Relu"), List.of(op.argument("hx"))));
  }

  /**
   * @param gates PyTorch's place of each of ONNX's
   * @param activation of an RNN
   */
  private record Cell(String onnx, List<Integer> gates, String activation) {
    // input, output, forget, cell of input, forget, cell, output
    static final Cell LSTM = new Cell("LSTM", List.of(0, 3, 1, 2), "");
    // update, reset, hidden of reset, update, new
    static final Cell GRU = new Cell("GRU", List.of(1, 0, 2), "");

    static Cell rnn(String activation) {
      return new Cell("RNN", List.of(0), activation);
    }
  }

  private static List<String> layers(Op op, Cell cell, List<Argument> states) {
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
          op.several(cell.onnx(), 1 + states.size(), attributes(op, cell, directions), inputs);
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
    last.forEach(parts -> results.add(op.concat(0, parts)));
    return results;
  }

  private static Map<String, Attribute> attributes(Op op, Cell cell, int directions) {
    Map<String, Attribute> attributes = new TreeMap<>();
    if (cell.onnx().equals("GRU")) {
      // PyTorch resets what the recurrent product gives; ONNX by default what it is given.
      attributes.put("linear_before_reset", Attribute.of(1));
    } else if (!cell.activation().isEmpty()) {
      List<String> each = Collections.nCopies(directions, cell.activation());
      attributes.put("activations", new Attribute.Texts(each));
    }
    attributes.put("direction", Attribute.of(directions == 2 ? "bidirectional" : "forward"));
    attributes.put("hidden_size", Attribute.of(op.outputs().get(1).shape().get(2).constant()));
    return attributes;
  }

  /** Of {@code [layers * directions, batch, width]}. */
  private static String ofLayer(Op op, String state, int layer, int layers, int directions) {
    long from = (long) layer * directions;
    return layers == 1 ? state : op.slice(state, 0, from, from + directions, 1);
  }

  /** W [directions, G H, I], R [directions, G H, H] and B [directions, 2 G H] of a layer. */
  private static List<String> weights(Op op, Cell cell, int layer, int directions) {
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
        stacked(op, cell, recurrent, directions, rows, rows / cell.gates().size()),
        biased ? stacked(op, cell, biases, directions, 2 * rows) : "");
  }

  private static Constant parameter(Op op, int index) {
    if (op.items("params").get(index) instanceof Constant constant) {
      return constant;
    }
    throw op.unsupported("has a computed weight");
  }

  /** One behind the other, each with its gates in ONNX's order. */
  private static String stacked(Op op, Cell cell, List<Constant> parts, long... shape) {
    List<Integer> gates = cell.gates();
    int each = Math.toIntExact(parts.get(0).tensor().numel());
    int gate = each / gates.size();
    float[] all = new float[Math.multiplyExact(each, parts.size())];
    for (int i = 0; i < parts.size(); i++) {
      float[] values = parts.get(i).tensor().toFloats();
      for (int g = 0; g < gates.size(); g++) {
        System.arraycopy(values, gates.get(g) * gate, all, i * each + g * gate, gate);
      }
    }
    return op.constant(parts.get(0).name() + "/stacked", Tensor.of(all, shape));
  }
}
