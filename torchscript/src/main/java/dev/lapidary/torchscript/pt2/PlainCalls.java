package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.pt2.ExportNode.Input;
import dev.lapidary.torchscript.pt2.Targets.Aten;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Operators that only exported graphs have, {@code run_decompositions} most of all, as the ones
 * that networks call: {@code _native_batch_norm_legit_no_training} is {@code batch_norm} for
 * inference. Of several results only the first is given.
 */
final class PlainCalls {
  /** Those that take the same arguments under another name. */
  private static final Map<String, String> RENAMED =
      Map.of(
          "lift_fresh_copy", "clone",
          "lift_fresh", "alias",
          "lift", "alias",
          "detach_", "alias",
          "_adaptive_avg_pool2d", "adaptive_avg_pool2d",
          "_adaptive_avg_pool3d", "adaptive_avg_pool3d",
          "_unsafe_index", "index");

  /** Those whose arguments differ as well. */
  private static final Map<String, String> WRITTEN =
      Map.ofEntries(
          Map.entry("_native_batch_norm_legit_no_training", "batch_norm"),
          Map.entry("native_layer_norm", "layer_norm"),
          Map.entry("native_group_norm", "group_norm"),
          Map.entry("native_dropout", "dropout"),
          Map.entry("_to_copy", "to"),
          Map.entry("_scaled_dot_product_flash_attention_for_cpu", "scaled_dot_product_attention"),
          Map.entry("_scaled_dot_product_flash_attention", "scaled_dot_product_attention"),
          Map.entry("_scaled_dot_product_efficient_attention", "scaled_dot_product_attention"));

  private PlainCalls() {}

  /** What each is written as. */
  static Map<String, String> names() {
    Map<String, String> names = new HashMap<>(RENAMED);
    names.putAll(WRITTEN);
    return names;
  }

  static Optional<ExportNode> of(ExportNode node, Aten aten) {
    if (RENAMED.containsKey(aten.name())) {
      return Optional.of(call(node, RENAMED.get(aten.name()), node.inputs()));
    }
    return switch (aten.name()) {
      case "_native_batch_norm_legit_no_training" -> Optional.of(batchNorm(node));
      case "native_layer_norm" -> Optional.of(call(node, "layer_norm", node.inputs()));
      case "native_group_norm" -> Optional.of(groupNorm(node));
      case "native_dropout" -> Optional.of(call(node, "dropout", node.inputs()));
      case "_to_copy" -> Optional.of(typed(node, "clone"));
      case "to" ->
          aten.overload().equals("dtype_layout")
              ? Optional.of(typed(node, "alias"))
              : Optional.empty();
      case "_scaled_dot_product_flash_attention_for_cpu",
          "_scaled_dot_product_flash_attention",
          "_scaled_dot_product_efficient_attention" ->
          Optional.of(attention(node));
      default -> Optional.empty();
    };
  }

  private static ExportNode batchNorm(ExportNode node) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : node.inputs()) {
      if (input.name().equals("momentum")) {
        inputs.add(new Input("training", new ExportArgument.Bool(false)));
      }
      inputs.add(input);
    }
    inputs.add(new Input("cudnn_enabled", new ExportArgument.Bool(false)));
    return call(node, "batch_norm", inputs);
  }

  /** {@code (input, weight, bias, N, C, HxW, group, eps)}. */
  private static ExportNode groupNorm(ExportNode node) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : node.inputs()) {
      switch (input.name()) {
        case "N", "C", "HxW" -> {}
        case "group" -> inputs.add(new Input("num_groups", input.argument()));
        default -> inputs.add(input);
      }
    }
    return call(node, "group_norm", inputs);
  }

  /** Of another type, or what {@code otherwise} gives; devices and layouts are all the same. */
  private static ExportNode typed(ExportNode node, String otherwise) {
    List<Input> inputs = only(node, List.of("self", "dtype"));
    return inputs.size() == 2 && inputs.get(1).argument() instanceof ExportArgument.ScalarType
        ? call(node, "to", inputs)
        : call(node, otherwise, inputs.subList(0, Math.min(1, inputs.size())));
  }

  private static ExportNode attention(ExportNode node) {
    List<Input> inputs = new ArrayList<>();
    for (Input input : node.inputs()) {
      String name = input.name().equals("attn_bias") ? "attn_mask" : input.name();
      if (!name.equals("return_debug_mask") && !name.equals("compute_log_sumexp")) {
        inputs.add(new Input(name, input.argument()));
      }
    }
    return call(node, "scaled_dot_product_attention", inputs);
  }

  private static List<Input> only(ExportNode node, List<String> names) {
    return node.inputs().stream().filter(input -> names.contains(input.name())).toList();
  }

  private static ExportNode call(ExportNode node, String name, List<Input> inputs) {
    return node.by(name + ".default", inputs);
  }
}
