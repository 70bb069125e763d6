package dev.lapidary.torchscript.pt2;

import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program of {@code torch.export}, with one image tensor as its input.
 *
 * @param version of the schema, {@code 8.20}
 * @param input the image
 * @param state where in the module tree the graph's other inputs lie
 * @param tensors of the module tree, by their names
 * @param constants tensors without a place in the module tree, by the graph's input
 * @param rootType the network's class
 * @param metas what is said of the values' shapes
 */
record ExportedProgram(
    String version,
    Input input,
    Map<String, String> state,
    Map<String, Held> tensors,
    Map<String, PyTensor> constants,
    List<ExportNode> nodes,
    Map<String, TensorMeta> metas,
    Result result,
    String rootType) {

  /** The same network, computed otherwise. */
  ExportedProgram with(List<ExportNode> others, Map<String, PyTensor> more, Result returned) {
    return new ExportedProgram(
        version, input, state, tensors, more, others, metas, returned, rootType);
  }

  ExportedProgram withNodes(List<ExportNode> others) {
    return with(others, constants, result);
  }

  /** What is said of a value. */
  Optional<TensorMeta> meta(ExportArgument value) {
    return value.ref().map(metas::get);
  }

  /** The tensor that an input of the graph is; empty for the image and for what is computed. */
  Optional<PyTensor> known(String name) {
    return Optional.ofNullable(constants.get(name))
        .or(() -> Optional.ofNullable(state.get(name)).map(tensors::get).map(Held::tensor));
  }

  /**
   * @param shape sizes without the batch; 0 is one that is not fixed
   */
  record Input(String name, List<Long> shape) {}

  /** What a name of the module tree holds. */
  record Held(PyTensor tensor, Kind kind) {}

  enum Kind {
    PARAMETER,
    BUFFER,
    /** A buffer that state_dict leaves out. */
    HIDDEN
  }

  /**
   * What forward returns.
   *
   * @param keys of a dict; empty for a tensor or a tuple
   */
  record Result(List<Output> outputs, List<String> keys) {}
}
