package dev.lapidary.exporter.lower;

import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.models.graph.Argument;
import dev.lapidary.models.graph.Argument.Constant;
import dev.lapidary.models.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code aten::lstm}: an LSTM a layer. ONNX has the gates in the order input, output, forget, cell,
 * PyTorch as input, forget, cell, output.
 */
final class Recurrences {
  /** PyTorch's place of each of ONNX's gates. */
  private static final int[] GATES = {0, 3, 1, 2};

  private Recurrences() {}

  static void addTo(Operators operators) {
    operators.several("aten::lstm", Recurrences::lstm);
  }

  private static List<String> lstm(Op op) {
    boolean batchFirst = op.bool("batch_first");
    int layers = (int) op.integer("num_layers");
    int directions = op.bool("bidirectional") ? 2 : 1;
    List<Argument> states = op.items("hx");
    List<String> hidden = layers(op, op.name(states.get(0), "hx"), layers, directions);
    List<String> cells = layers(op, op.name(states.get(1), "hx"), layers, directions);
    String x = batchFirst ? op.transpose(op.tensor("input"), 1, 0, 2) : op.tensor("input");
    List<String> lastHidden = new ArrayList<>();
    List<String> lastCells = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      List<String> inputs = new ArrayList<>(List.of(x));
      inputs.addAll(weights(op, layer, directions));
      inputs.addAll(List.of("", hidden.get(layer), cells.get(layer)));
      List<String> outputs = op.several("LSTM", 3, attributes(op, directions), inputs);
      // [length, directions, batch, width] to [length, batch, directions * width]
      boolean last = layer == layers - 1;
      String turned =
          last && batchFirst
              ? op.transpose(outputs.get(0), 2, 0, 1, 3)
              : op.transpose(outputs.get(0), 0, 2, 1, 3);
      x = op.emit("Reshape", turned, op.ints(0, 0, -1));
      lastHidden.add(outputs.get(1));
      lastCells.add(outputs.get(2));
    }
    return List.of(x, joined(op, lastHidden), joined(op, lastCells));
  }

  private static Map<String, Attribute> attributes(Op op, int directions) {
    long width = op.outputs().get(1).shape().get(2).constant();
    return Map.of(
        "direction", Attribute.of(directions == 2 ? "bidirectional" : "forward"),
        "hidden_size", Attribute.of(width));
  }

  /** {@code [layers * directions, batch, width]} as one value a layer. */
  private static List<String> layers(Op op, String state, int layers, int directions) {
    List<String> parts = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      long from = (long) layer * directions;
      parts.add(layers == 1 ? state : op.slice(state, 0, from, from + directions, 1));
    }
    return parts;
  }

  private static String joined(Op op, List<String> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : op.emit("Concat", Map.of("axis", Attribute.of(0)), parts);
  }

  /** W [directions, 4H, I], R [directions, 4H, H] and B [directions, 8H] of a layer. */
  private static List<String> weights(Op op, int layer, int directions) {
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
        stacked(op, input, directions, rows, input.get(0).tensor().size(1)),
        stacked(op, recurrent, directions, rows, rows / GATES.length),
        biased ? stacked(op, biases, directions, 2 * rows) : "");
  }

  private static Constant parameter(Op op, int index) {
    if (op.items("params").get(index) instanceof Constant constant) {
      return constant;
    }
    throw op.unsupported("has a computed weight");
  }

  /** One behind the other, each with its gates in ONNX's order. */
  private static String stacked(Op op, List<Constant> parts, long... shape) {
    int each = Math.toIntExact(parts.get(0).tensor().numel());
    int gate = each / GATES.length;
    float[] all = new float[Math.multiplyExact(each, parts.size())];
    for (int i = 0; i < parts.size(); i++) {
      float[] values = parts.get(i).tensor().toFloats();
      for (int g = 0; g < GATES.length; g++) {
        System.arraycopy(values, GATES[g] * gate, all, i * each + g * gate, gate);
      }
    }
    return op.constant(parts.get(0).name() + "/stacked", Tensor.of(all, shape));
  }
}
