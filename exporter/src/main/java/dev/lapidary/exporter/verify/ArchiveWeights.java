package dev.lapidary.exporter.verify;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.script.StateDict;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tensors of an archive that were learned, as {@code Module.parameters()} gives them; of a
 * frozen or quantized one, whose modules have none, those that its operators read.
 */
final class ArchiveWeights {
  private final Map<List<Object>, Tensor> found = new LinkedHashMap<>();
  private final Set<String> state = new HashSet<>();
  private final Set<Storage> frozen = Collections.newSetFromMap(new IdentityHashMap<>());

  private ArchiveWeights() {}

  /** Tied weights are one. */
  static Collection<Tensor> of(TorchScriptArchive archive, Graph traced) {
    ArchiveWeights weights = new ArchiveWeights();
    for (StateDict.Entry entry : StateDict.of(archive).entries()) {
      weights.state.add(entry.name());
      if (entry.kind() == StateDict.Kind.PARAMETER) {
        weights.add(entry.tensor());
      }
    }
    for (PyValue constant : archive.constants()) {
      if (constant instanceof PyTensor tensor) {
        weights.frozen.add(tensor.tensor().storage());
      }
    }
    for (Node node : traced.nodes()) {
      node.arguments().stream().flatMap(Argument::flat).forEach(weights::read);
    }
    return weights.found.values();
  }

  private void read(Argument argument) {
    if (argument instanceof Argument.Constant c && c.tensor().rank() > 0 && isWeight(c)) {
      add(c.tensor());
    }
  }

  /** Not a buffer, and nothing that the program computes. */
  private boolean isWeight(Argument.Constant constant) {
    return constant.isNameless()
        ? frozen.contains(constant.tensor().storage())
        : !state.contains(constant.name());
  }

  private void add(Tensor tensor) {
    found.put(List.of(tensor.storage(), tensor.offset(), tensor.numel()), tensor);
  }
}
