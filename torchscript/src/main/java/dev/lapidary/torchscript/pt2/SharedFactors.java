package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.pt2.ExportNode.Input;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Products of many matrices with one and the same, which {@code run_decompositions} writes as
 * {@code bmm} with that one repeated: as {@code matmul}, which repeats nothing.
 */
final class SharedFactors {

  private final Map<String, ExportNode> nodes = new HashMap<>();
  private final ExportedProgram program;

  private SharedFactors(ExportedProgram program) {
    this.program = program;
    program.nodes().forEach(node -> node.outputs().forEach(o -> nodes.put(o.name(), node)));
  }

  static ExportedProgram written(ExportedProgram program) {
    SharedFactors factors = new SharedFactors(program);
    return program.withNodes(program.nodes().stream().map(factors::product).toList());
  }

  private ExportNode product(ExportNode node) {
    if (!node.target().equals(Targets.ATEN + "bmm.default")) {
      return node;
    }
    return shared(node.argument("mat2"))
        .map(
            matrix ->
                node.by(
                    "matmul",
                    List.of(new Input("self", node.argument("self")), new Input("other", matrix))))
        .orElse(node);
  }

  /** The one matrix, if the factor is it again and again: an expand, and perhaps a view of that. */
  private Optional<ExportArgument> shared(ExportArgument factor) {
    Optional<ExportNode> made =
        made(factor)
            .flatMap(
                node ->
                    node.target().equals(Targets.ATEN + "view.default")
                        ? made(node.argument("self"))
                            .filter(same -> same.argument("size").equals(node.argument("size")))
                        : Optional.of(node));
    return made.filter(node -> node.target().equals(Targets.ATEN + "expand.default"))
        .map(expand -> expand.argument("self"))
        .filter(value -> program.meta(value).filter(m -> m.sizes().size() == 2).isPresent());
  }

  private Optional<ExportNode> made(ExportArgument value) {
    return value.ref().map(nodes::get);
  }
}
