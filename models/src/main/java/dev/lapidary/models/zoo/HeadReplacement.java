package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.util.List;

/**
 * Gives a classifier another number of classes: new weights in the archive's objects. The text
 * names no shapes, so it stays; where it does name the old count, that is found and refused.
 */
public final class HeadReplacement {
  private HeadReplacement() {}

  /**
   * Replaces the heads' tensors inside the archive.
   *
   * @param heads as {@link HeadSearch} gives them
   * @param options the size of an image, to check the result
   * @throws Failure (exit 2) if the network's text depends on the old class count
   */
  public static void apply(
      TorchScriptArchive archive,
      List<Head> heads,
      int classes,
      HeadInit init,
      long seed,
      TraceOptions options) {
    for (Head head : heads) {
      long[] shape = head.weight().tensor().shape();
      shape[0] = classes;
      put(head.weight(), init.weight(seed, head.weight().name(), shape));
      head.bias().ifPresent(b -> put(b, init.bias(seed, b.name(), classes, head.features())));
    }
    check(archive, heads.get(0), classes, options);
  }

  private static void put(StateDict.Entry entry, Tensor fresh) {
    if (entry.tensor().dtype() != DType.FLOAT32) {
      throw Failure.badInput(
          "%s is %s; only a float32 head can be replaced", entry.name(), entry.tensor());
    }
    PyTensor value = new PyTensor(fresh, entry.value().requiresGrad());
    entry.owner().attributes().put(entry.attribute(), value);
  }

  private static void check(
      TorchScriptArchive archive, Head head, int classes, TraceOptions options) {
    List<SymInt> expected = List.of(SymInt.BATCH, SymInt.of(classes));
    String found;
    try {
      Graph graph = Tracer.trace(archive, options);
      if (graph.outputs().get(0).shape().equals(expected)) {
        return;
      }
      found = "its output is " + graph.outputs().get(0).shape();
    } catch (Failure e) {
      found = String.valueOf(e.getMessage());
    }
    throw new Failure(
        ExitCode.BAD_INPUT,
        "[%s] with %d classes in %s the network's output must be %s but %s; its text depends on the"
                .formatted(archive.name(), classes, head.name(), expected, found)
            + " old class count");
  }
}
