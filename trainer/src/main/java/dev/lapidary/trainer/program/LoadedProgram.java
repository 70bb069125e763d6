package dev.lapidary.trainer.program;

import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.models.surgery.NewerCalls;
import dev.lapidary.torchscript.script.StateDict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A wrapped network in libtorch: calls of its methods, its tensors, and which of them train. */
class LoadedProgram implements AutoCloseable {
  private final Model model;
  private final PtSymbolBlock block;
  private final ModuleTree modules;
  private final List<ProgramTensor> tensors;

  /**
   * @param entries the network's tensors, in the order in which its method {@code state} gives them
   */
  LoadedProgram(Model model, ModuleTree modules, List<StateDict.Entry> entries) {
    this.model = model;
    this.block = (PtSymbolBlock) model.getBlock();
    this.modules = modules;
    try (NDList unused = new NDList(model.getNDManager().create(0f))) {
      NDList arrays = call("state", unused);
      List<ProgramTensor> all = new ArrayList<>();
      for (int i = 0; i < entries.size(); i++) {
        StateDict.Entry entry = entries.get(i);
        boolean buffer = entry.kind() == StateDict.Kind.BUFFER;
        all.add(new ProgramTensor(entry.name(), buffer, entry.tensor().dtype(), arrays.get(i)));
      }
      this.tensors = List.copyOf(all);
    }
  }

  NDList run(String method, Arguments arguments) {
    return call(method, arguments.list());
  }

  /** Native arrays that the program holds outside of steps; constant over a stage. */
  int liveArrays() {
    return manager().getManagedArrays().size();
  }

  /** A manager for the arrays of one step; close it when the step is over. */
  public NDManager newStep() {
    return model.getNDManager().newSubManager();
  }

  /** A manager for arrays that live as long as the program. */
  NDManager manager() {
    return model.getNDManager();
  }

  /** Parameters and buffers in state_dict order: libtorch's own memory. */
  public List<ProgramTensor> tensors() {
    return tensors;
  }

  public List<ProgramTensor> parameters() {
    return tensors.stream().filter(t -> !t.buffer()).toList();
  }

  /**
   * Chooses what is trained: these parameters require gradients and no others do; a module is in
   * train mode exactly if a trained parameter lies in it or, where it has no parameters at all, if
   * its parent is. So a frozen BatchNorm keeps its statistics and a frozen part has no dropout.
   */
  public void train(Set<String> trained) {
    for (boolean flag : new boolean[] {true, false}) {
      List<NDArray> some =
          ProgramTensor.arrays(
              parameters().stream().filter(p -> trained.contains(p.name()) == flag).toList());
      if (!some.isEmpty()) {
        try (NDManager step = newStep()) {
          run("requires_grad", new Arguments(step).flag(flag).list("ps", some));
        }
      }
    }
    requireGradientFlags(trained);
    modes(modules.trainModes(parameterNames(), trained));
  }

  /** What {@link #train} leaves untouched: other parameters, and the buffers of modules in eval. */
  public List<ProgramTensor> frozen(Set<String> trained) {
    Set<String> live =
        modules.training(parameterNames(), trained).stream()
            .map(ModuleTree.Node::path)
            .collect(Collectors.toSet());
    return tensors.stream()
        .filter(t -> t.buffer() ? !live.contains(ownerPath(t.name())) : !trained.contains(t.name()))
        .toList();
  }

  /** All modules in eval mode: dropout off, BatchNorm by its running statistics. */
  public void eval() {
    modes(new boolean[modules.nodes().size()]);
  }

  @Override
  public void close() {
    model.close();
  }

  private NDList call(String method, NDList arguments) {
    NDArray first = arguments.get(0);
    NDArray name = first.getManager().create(new Shape(0), DataType.FLOAT32);
    name.setName("module_method:" + method);
    NDList list = new NDList(arguments);
    list.add(name);
    // "true" means: not under InferenceMode, whose tensors can take no part in autograd later.
    try {
      return IValueUtils.forward(block, list, true);
    } catch (EngineException e) {
      Optional<String> cut = NewerCalls.raised(String.valueOf(e.getMessage()));
      if (cut.isEmpty()) {
        throw e;
      }
      throw Failure.unsupported(
          "%s does not know how the network calls %s, and it computes with that; write it with"
              + " PyTorch 2.7 or older, or without that operator",
          Libtorch.version(), cut.get());
    }
  }

  private List<String> parameterNames() {
    return parameters().stream().map(ProgramTensor::name).toList();
  }

  private static String ownerPath(String name) {
    return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : "";
  }

  private void modes(boolean[] training) {
    try (NDManager step = newStep()) {
      run("modes", new Arguments(step).array(step.create(training)));
    }
  }

  private void requireGradientFlags(Set<String> trained) {
    for (ProgramTensor parameter : parameters()) {
      boolean requires = JniUtils.requiresGrad((PtNDArray) parameter.array());
      if (requires != trained.contains(parameter.name())) {
        throw new IllegalStateException(parameter.name() + " requires_grad is " + requires);
      }
    }
  }
}
