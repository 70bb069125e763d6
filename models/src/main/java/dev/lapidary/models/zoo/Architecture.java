package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.zoo.Module.Slot;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A network of the zoo, before any choice: what it is called, how images reach it, where its head
 * is, how it is cut into stages, and how to build it.
 *
 * @param family the name of the text file that holds its classes
 * @param preprocessing the published one, which pretrained weights expect
 * @param headName the last layer's module path: {@code fc}, {@code classifier.6}
 * @param stages from stem to head; together they cover every parameter once, and the last one holds
 *     the head
 * @param auxiliaryHeads heads that only training uses; empty for most. A network that has them has
 *     the method {@code forward_aux(x)}, which returns the tuple of the logits and each auxiliary
 *     head's, in this order; {@code forward} never computes them
 * @param network describes it
 */
public record Architecture(
    String name,
    String family,
    Preprocessing preprocessing,
    String headName,
    List<Stage> stages,
    List<AuxiliaryHead> auxiliaryHeads,
    Function<ZooOptions, Module> network) {
  /** A head that helps in training only, and the weight of its loss in the paper. */
  public record AuxiliaryHead(String name, double lossWeight) {}

  public Architecture {
    stages = List.copyOf(stages);
  }

  /** Without auxiliary heads. */
  static Architecture of(
      String name,
      String family,
      Preprocessing preprocessing,
      String headName,
      List<Stage> stages,
      Function<ZooOptions, Module> network) {
    return new Architecture(name, family, preprocessing, headName, stages, List.of(), network);
  }

  Architecture withAuxiliaryHeads(AuxiliaryHead... heads) {
    return new Architecture(name, family, preprocessing, headName, stages, List.of(heads), network);
  }

  /** The published input's height and width, in pixels. */
  public int inputSize() {
    return preprocessing.cropHeight();
  }

  /** The entries of the state_dict in PyTorch's order, without drawing any weights. */
  public List<StateEntry> state(ZooOptions options) {
    return ArchiveBuilder.slots(root(options)).entrySet().stream()
        .map(
            e ->
                new StateEntry(
                    e.getKey(),
                    Arrays.stream(e.getValue().shape()).boxed().toList(),
                    e.getValue().dtype(),
                    e.getValue().parameter()))
        .toList();
  }

  /**
   * Refuses options that this network has no use for, instead of saying nothing.
   *
   * @throws Failure (exit 2) naming the option
   */
  public void requireUse(ZooOptions options) {
    ZooOptions plain = ZooOptions.of(1, 0);
    if (options.dropout().isPresent()
        && text(plain.withDropout(0)).equals(text(plain.withDropout(0.5)))) {
      throw Failure.badInput("%s has no dropout; --head-dropout puts one before its head", name);
    }
    if (options.stochasticDepth().isPresent()
        && text(plain.withStochasticDepth(0)).equals(text(plain.withStochasticDepth(0.5)))) {
      throw Failure.badInput("%s has no stochastic depth", name);
    }
  }

  private SortedMap<String, String> text(ZooOptions options) {
    return blank(options).code();
  }

  /** Trained numbers. */
  public long parameters(ZooOptions options) {
    return state(options).stream().filter(StateEntry::parameter).mapToLong(StateEntry::numel).sum();
  }

  /**
   * Multiply-adds of convolutions, linear layers and attention for one image; the "FLOPs" of most
   * papers' tables.
   */
  public long multiplyAdds(ZooOptions options) {
    return trace(root(options), options).multiplyAdds();
  }

  /**
   * The network with fresh weights, in evaluation mode: {@code forward(self, x: Tensor) -> Tensor},
   * [N, 3, H, W] float32 to [N, classes] logits.
   *
   * @throws Failure (exit 2) if the input is too small for the network
   */
  public TorchScriptArchive build(ZooOptions options) {
    return build(options, name -> Optional.empty());
  }

  /**
   * The network with weights that are given by the state_dict's name, and fresh ones where there
   * are none.
   *
   * @throws Failure (exit 2) if a given tensor has another shape than the network's
   */
  public TorchScriptArchive build(ZooOptions options, Function<String, Optional<Tensor>> weights) {
    return archive(
        options,
        (tensor, slot) ->
            weights
                .apply(tensor)
                .map(given -> fitting(tensor, given, slot))
                .orElseGet(() -> slot.drawn(tensor, options.seed())));
  }

  /**
   * The network without weights: every tensor is one zero, seen in its shape. What a file will not
   * give, {@link #fill} draws.
   */
  public TorchScriptArchive blank(ZooOptions options) {
    return archive(options, (tensor, slot) -> slot.blank());
  }

  private TorchScriptArchive archive(ZooOptions options, BiFunction<String, Slot, Tensor> tensors) {
    Module root = root(options);
    return ArchiveBuilder.build(name, family, root, trace(root, options), tensors);
  }

  /** Draws parameters and buffers of a blank network as {@link #build} does, on all cores. */
  public void fill(StateDict blank, ZooOptions options, Predicate<String> names) {
    Map<String, Slot> slots = ArchiveBuilder.slots(root(options));
    List<StateDict.Entry> entries =
        blank.entries().stream().filter(entry -> names.test(entry.name())).toList();
    Map<String, Tensor> fresh =
        entries.parallelStream()
            .map(StateDict.Entry::name)
            .collect(
                Collectors.toConcurrentMap(
                    n -> n, n -> Objects.requireNonNull(slots.get(n)).drawn(n, options.seed())));
    for (StateDict.Entry entry : entries) {
      Tensor tensor = Objects.requireNonNull(fresh.get(entry.name()));
      PyTensor value = new PyTensor(tensor, entry.value().requiresGrad());
      entry.owner().attributes().put(entry.attribute(), value);
    }
  }

  private Tensor fitting(String tensor, Tensor given, Slot slot) {
    if (!Arrays.equals(given.shape(), slot.shape()) || given.dtype() != slot.dtype()) {
      throw Failure.badInput(
          "%s of %s must be %s%s but is %s",
          tensor, name, slot.dtype(), Arrays.toString(slot.shape()), given);
    }
    return given;
  }

  private Module root(ZooOptions options) {
    try {
      return network.apply(options);
    } catch (IllegalArgumentException e) {
      throw refused(options, e);
    }
  }

  private Trace trace(Module root, ZooOptions options) {
    int size = options.inputSize().orElse(inputSize());
    try {
      return Trace.of(root, 1, preprocessing.channels(), size, size);
    } catch (IllegalArgumentException e) {
      throw refused(options, e);
    }
  }

  private Failure refused(ZooOptions options, IllegalArgumentException e) {
    int size = options.inputSize().orElse(inputSize());
    return Failure.badInput(
        "%s cannot take an input of %dx%d: %s; its own size is %d",
        name, size, size, String.valueOf(e.getMessage()), inputSize());
  }

  @Override
  public String toString() {
    return name;
  }
}
