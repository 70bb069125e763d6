package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.pt2.ExportNode.Input;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Parts of a program that run as they stand, in place of the operators of higher order around them:
 * {@code with torch.no_grad()}, and {@code with torch.autocast(enabled=False)}. A gradient ends
 * where the first of them does.
 */
final class InlinedParts {
  private static final int MAX_NODES = 200_000;

  private final List<ExportNode> nodes = new ArrayList<>();
  private final Map<String, TensorMeta> metas;
  private int parts;

  private InlinedParts(Map<String, TensorMeta> metas) {
    this.metas = new HashMap<>(metas);
  }

  /** The nodes in order, and what is said of all their values. */
  record Flat(List<ExportNode> nodes, Map<String, TensorMeta> metas) {}

  /**
   * @throws Failure exit 4 if a part runs in another element type, or under any other condition
   */
  static Flat of(List<ExportNode> nodes, Map<String, TensorMeta> metas) {
    InlinedParts inlined = new InlinedParts(metas);
    nodes.forEach(node -> inlined.add(node, Map.of(), ""));
    return new Flat(List.copyOf(inlined.nodes), inlined.metas);
  }

  /**
   * @param given what the part's inputs and values are called outside of it
   * @param prefix of the names of a part's own values
   */
  private void add(ExportNode node, Map<String, ExportArgument> given, String prefix) {
    List<Input> inputs = node.inputs(ref -> renamed(ref, given, prefix));
    List<Output> outputs =
        node.outputs().stream().map(o -> new Output(prefix + o.name(), o.type())).toList();
    ExportNode own = new ExportNode(node.target(), inputs, outputs, node.isList(), node.stack());
    if (Targets.isPart(node.target())) {
      inline(own);
    } else {
      if (inputs.stream().anyMatch(i -> i.argument() instanceof ExportArgument.Part)) {
        throw Failure.unsupported(
            "the program has a higher-order operator, a graph as an argument (torch.cond,"
                + " torch.map); export the network without it");
      }
      nodes.add(own);
    }
    if (nodes.size() > MAX_NODES) {
      throw Failure.badInput("more than %d nodes", MAX_NODES);
    }
  }

  private void inline(ExportNode node) {
    List<ExportArgument> arguments = node.inputs().stream().map(Input::argument).toList();
    ExportArgument.Part held =
        arguments.stream()
            .filter(ExportArgument.Part.class::isInstance)
            .map(ExportArgument.Part.class::cast)
            .findFirst()
            .orElseThrow(() -> damaged(node));
    int at = arguments.indexOf(held);
    List<ExportArgument> settings = arguments.subList(0, at);
    List<ExportArgument> actual = arguments.subList(at + 1, arguments.size());
    Subgraph part = held.graph();
    if (actual.size() != part.inputs().size() || node.outputs().size() != part.outputs().size()) {
      throw damaged(node);
    }
    String result = result(node, settings);
    String prefix = "\0" + ++parts + "/";
    Map<String, ExportArgument> given = new HashMap<>();
    for (int i = 0; i < actual.size(); i++) {
      if (part.inputs().get(i) instanceof ExportArgument.Ref ref) {
        given.put(ref.name(), actual.get(i));
      }
    }
    part.metas().forEach((name, meta) -> metas.putIfAbsent(prefix + name, meta));
    part.nodes().forEach(inner -> add(inner, given, prefix));
    for (int i = 0; i < node.outputs().size(); i++) {
      ExportArgument value = part.outputs().get(i).with(ref -> renamed(ref, given, prefix));
      List<Input> self = List.of(new Input("self", value));
      nodes.add(new ExportNode(result, self, List.of(node.outputs().get(i)), false, node.stack()));
    }
  }

  /** By what a part's result comes out of it. */
  private static String result(ExportNode node, List<ExportArgument> settings) {
    boolean on = settings.stream().anyMatch(s -> s instanceof ExportArgument.Bool b && b.value());
    if (node.target().equals(Targets.GRADIENTS)) {
      return on ? "torch.ops.aten.alias.default" : "torch.ops.aten.detach.default";
    }
    boolean enabled =
        settings.size() > 2 && settings.get(2) instanceof ExportArgument.Bool b && b.value();
    boolean here =
        settings.isEmpty()
            || !(settings.get(0) instanceof ExportArgument.Str device)
            || device.value().equals("cpu");
    if (enabled && here) {
      throw Failure.unsupported(
          "a part of the program computes under autocast, in another element type; export the"
              + " network without it");
    }
    return "torch.ops.aten.alias.default";
  }

  private static Failure damaged(ExportNode node) {
    return Failure.badInput(
        "%s: its arguments are not those of its graph; the file is damaged",
        Quote.of(node.target()));
  }

  private static ExportArgument renamed(
      ExportArgument.Ref ref, Map<String, ExportArgument> given, String prefix) {
    return given.getOrDefault(ref.name(), new ExportArgument.Ref(prefix + ref.name()));
  }
}
