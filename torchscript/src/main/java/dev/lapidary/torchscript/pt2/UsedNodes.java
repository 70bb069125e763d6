package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.pt2.ExportNode.Output;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The nodes that what is returned depends on, and those that change a tensor in place. */
final class UsedNodes {
  private UsedNodes() {}

  /** In order; assertions on sizes are left out, with what only they read. */
  static List<ExportNode> of(ExportedProgram program) {
    Set<String> read = new HashSet<>();
    program.result().outputs().forEach(output -> read.add(output.name()));
    List<ExportNode> used = new ArrayList<>();
    for (int i = program.nodes().size() - 1; i >= 0; i--) {
      ExportNode node = program.nodes().get(i);
      if (isUsed(node, read)) {
        node.refs(read::add);
        used.add(node);
      }
    }
    Collections.reverse(used);
    return used;
  }

  private static boolean isUsed(ExportNode node, Set<String> read) {
    if (Targets.isOnNumbers(node.target())) {
      return node.outputs().stream().map(Output::name).anyMatch(read::contains);
    }
    Targets.Aten aten = Targets.aten(node.target());
    return !aten.isAssertion()
        && (aten.isInPlace() || node.outputs().stream().map(Output::name).anyMatch(read::contains));
  }
}
