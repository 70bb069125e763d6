package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How the layers of a {@link QuantizedGraph} compute.
 *
 * @param onIntegers how many on packed weights, by libtorch's quantized operators
 * @param onFloats those that compute on floats what their integers mean, and why
 */
public record IntegerLayers(int onIntegers, List<Fallback> onFloats) {
  private static final String TO_FLOATS =
      "its weights are integers, and it computes on floats: libtorch has no operator from integers"
          + " to floats that every CPU knows";
  private static final String OVERFLOW =
      "its weights are integers, and it computes on floats: FBGEMM's sums of 16 bits would"
          + " overflow";

  public IntegerLayers {
    onFloats = List.copyOf(onFloats);
  }

  public static IntegerLayers of(Graph graph) {
    int packed = 0;
    Map<Integer, String> weights = new HashMap<>();
    List<Fallback> floats = new ArrayList<>();
    for (Node node : graph.nodes()) {
      switch (node.operator()) {
        case "quantized::conv2d_prepack", "quantized::linear_prepack" -> packed++;
        case "aten::_make_per_channel_quantized_tensor" ->
            weights.put(
                node.output().id(),
                ((Constant) node.argument("self")).name().replaceFirst("\\.?weight$", ""));
        case "aten::dequantize" ->
            put(weights, node.output(), name(weights, node.arguments().get(0)));
        case "aten::linear" -> add(floats, name(weights, node.argument("weight")), TO_FLOATS);
        case "aten::conv1d", "aten::conv2d", "aten::conv3d" ->
            add(floats, name(weights, node.argument("weight")), OVERFLOW);
        default -> {}
      }
    }
    return new IntegerLayers(packed, floats);
  }

  /** For the card: several of a reason are counted. */
  public List<Fallback> counted() {
    return onFloats.stream()
        .collect(Collectors.groupingBy(Fallback::reason, LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream()
        .map(IntegerLayers::counted)
        .toList();
  }

  private static Fallback counted(List<Fallback> same) {
    Fallback first = same.get(0);
    return same.size() == 1
        ? first
        : new Fallback(
            "%d layers, such as %s".formatted(same.size(), first.layer()), first.reason());
  }

  private static String name(Map<Integer, String> weights, Object argument) {
    return argument instanceof Value value ? weights.getOrDefault(value.id(), "") : "";
  }

  private static void put(Map<Integer, String> weights, Value value, String name) {
    if (!name.isEmpty()) {
      weights.put(value.id(), name);
    }
  }

  private static void add(List<Fallback> floats, String name, String reason) {
    if (!name.isEmpty()) {
      floats.add(new Fallback(name, reason));
    }
  }
}
