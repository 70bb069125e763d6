package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.pt2.ExportNode.Input;
import dev.lapidary.torchscript.pt2.Targets.Aten;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Operators that only exported graphs have, {@code run_decompositions} most of all, as the ones
 * that networks call: {@code _native_batch_norm_legit_no_training} is {@code batch_norm} for
 * inference. Of several results only the first is given.
 */
final class PlainCalls {
  /** What an operator is written as, and by which arguments. */
  private record Plain(String name, Function<ExportNode, List<Input>> inputs) {}

  private static final Map<String, Plain> PLAIN =
      Map.ofEntries(
          Map.entry("lift_fresh_copy", renamed("clone")),
          Map.entry("lift_fresh", renamed("alias")),
          Map.entry("lift", renamed("alias")),
          Map.entry("detach_", renamed("alias")),
          Map.entry("_adaptive_avg_pool2d", renamed("adaptive_avg_pool2d")),
          Map.entry("_adaptive_avg_pool3d", renamed("adaptive_avg_pool3d")),
          Map.entry("_unsafe_index", renamed("index")),
          Map.entry("native_layer_norm", renamed("layer_norm")),
          Map.entry("native_dropout", renamed("dropout")),
          Map.entry("native_group_norm", new Plain("group_norm", PlainCalls::groupNorm)),
          Map.entry(
              "_native_batch_norm_legit_no_training",
              new Plain("batch_norm", PlainCalls::batchNorm)),
          Map.entry("_scaled_dot_product_flash_attention_for_cpu", attention()),
          Map.entry("_scaled_dot_product_flash_attention", attention()),
          Map.entry("_scaled_dot_product_efficient_attention", attention()));

  private PlainCalls() {}

  /** What each is written as. */
  static Map<String, String> names() {
    Map<String, String> names = new HashMap<>(Map.of("_to_copy", "to"));
    PLAIN.forEach((name, plain) -> names.put(name, plain.name));
    return names;
  }

  static Optional<ExportNode> of(ExportNode node, Aten aten) {
    if (aten.name().equals("_to_copy")) {
      return Optional.of(typed(node, "clone"));
    }
    if (aten.name().equals("to") && aten.overload().equals("dtype_layout")) {
      return Optional.of(typed(node, "alias"));
    }
    return Optional.ofNullable(PLAIN.get(aten.name()))
        .map(plain -> node.by(plain.name, plain.inputs.apply(node)));
  }

  private static Plain renamed(String name) {
    return new Plain(name, ExportNode::inputs);
  }

  private static List<Input> batchNorm(ExportNode node) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : node.inputs()) {
      if (input.name().equals("momentum")) {
        inputs.add(new Input("training", new ExportArgument.Bool(false)));
      }
      inputs.add(input);
    }
    inputs.add(new Input("cudnn_enabled", new ExportArgument.Bool(false)));
    return inputs;
  }

  /** {@code (input, weight, bias, N, C, HxW, group, eps)}. */
  private static List<Input> groupNorm(ExportNode node) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : node.inputs()) {
      switch (input.name()) {
        case "N", "C", "HxW" -> {}
        case "group" -> inputs.add(new Input("num_groups", input.argument()));
        default -> inputs.add(input);
      }
    }
    return inputs;
  }

  /** Of another type, or what {@code otherwise} gives; devices and layouts are all the same. */
  private static ExportNode typed(ExportNode node, String otherwise) {
    Input self = new Input("self", node.argument("self"));
    return node.argument("dtype") instanceof ExportArgument.ScalarType type
        ? node.by("to", List.of(self, new Input("dtype", type)))
        : node.by(otherwise, List.of(self));
  }

  private static Plain attention() {
    return new Plain("scaled_dot_product_attention", PlainCalls::attention);
  }

  private static List<Input> attention(ExportNode node) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : node.inputs()) {
      String name = input.name().equals("attn_bias") ? "attn_mask" : input.name();
      if (!name.equals("return_debug_mask") && !name.equals("compute_log_sumexp")) {
        inputs.add(new Input(name, input.argument()));
      }
    }
    return inputs;
  }
}
