package dev.lapidary.trainer.program;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.List;
import java.util.Map;

/**
 * The tensors of an archive. One that has several names (weight tying) is known by its first: names
 * that share memory stay one tensor in training and in what is delivered.
 */
public final class NetworkTensors {
  private NetworkTensors() {}

  /** Copies values into an archive, by first name; all of them must be there. */
  public static void store(TorchScriptArchive network, Map<String, Tensor> values) {
    List<StateDict.Entry> all = StateDict.of(network).entries();
    for (StateDict.Entry entry : all) {
      Tensor value = values.get(firstName(all, entry));
      if (value == null) {
        throw new IllegalArgumentException("no value for " + entry.name());
      }
      entry
          .owner()
          .attributes()
          .put(entry.attribute(), new PyTensor(value, entry.value().requiresGrad()));
    }
  }

  /** Each tensor once. */
  static List<StateDict.Entry> distinct(List<StateDict.Entry> all) {
    return all.stream().filter(e -> firstName(all, e).equals(e.name())).toList();
  }

  private static String firstName(List<StateDict.Entry> all, StateDict.Entry entry) {
    return all.stream()
        .filter(e -> sameMemory(e.tensor(), entry.tensor()))
        .findFirst()
        .orElse(entry)
        .name();
  }

  private static boolean sameMemory(Tensor a, Tensor b) {
    return a.storage() == b.storage() && a.offset() == b.offset() && a.numel() == b.numel();
  }
}
