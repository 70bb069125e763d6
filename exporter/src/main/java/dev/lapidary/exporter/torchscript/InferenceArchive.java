package dev.lapidary.exporter.torchscript;

import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.script.Definition;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A network for inference alone as a TorchScript archive that plain libtorch loads: BatchNorm
 * folded into the layers before it, one {@code forward} of the operators that a trace of the source
 * met, for any batch size. Tensors keep their state_dict names.
 */
public final class InferenceArchive {
  /** 10 is the version that PyTorch 1.11 and later write. */
  private static final int VERSION = 10;

  private InferenceArchive() {}

  /**
   * @param graph of one input and one output
   * @param source gives its name, its root class's name and its extra files
   */
  public static TorchScriptArchive of(Graph graph, TorchScriptArchive source) {
    return asTraced(FoldBatchNorm.of(graph), source);
  }

  /**
   * Operator by operator what was traced, nothing folded.
   *
   * @param graph whose first input has the batch's size; several outputs become a list
   */
  public static TorchScriptArchive asTraced(Graph graph, TorchScriptArchive source) {
    return of(new PackedWeights(graph, Map.of()), source);
  }

  /**
   * What a {@link QuantizedGraph} says, its weights packed when libtorch loads the archive.
   *
   * @param graph of one input and one output
   */
  public static TorchScriptArchive onIntegers(Graph graph, TorchScriptArchive source) {
    return of(PackedWeights.of(graph), source);
  }

  private static TorchScriptArchive of(PackedWeights weights, TorchScriptArchive source) {
    ModuleNode root = new ModuleNode();
    Function<String, Definition.Function> forward = ForwardText.of(weights, root);
    Code code = new Code();
    PyObject object =
        root.object(code, simpleName(source), className -> List.of(forward.apply(className)));
    return new TorchScriptArchive(
        source.name(),
        VERSION,
        new TreeMap<>(Map.of(Code.PATH, code.text())),
        object,
        List.of(),
        source.extra());
  }

  private static String simpleName(TorchScriptArchive source) {
    String name = source.root().className();
    String simple = name.substring(name.lastIndexOf('.') + 1);
    return simple.matches("[A-Za-z]\\w*") && !simple.equals("Part") ? simple : "Network";
  }
}
