package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.MatchReport.Absent;
import dev.lapidary.models.weights.MatchReport.Head;
import dev.lapidary.models.weights.MatchReport.Loaded;
import dev.lapidary.models.weights.MatchReport.Mismatched;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.script.FiniteState;
import dev.lapidary.torchscript.script.StateDict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a file's tensors fit a network, by name and shape. Of the dicts in the file and the ways in
 * which their names can be read it is the one that fits the most parameters ({@link BestReading}),
 * and the report says which.
 */
public final class Match {
  private static final String WEIGHT = ".weight";

  private final NamedTensors source;
  private final MatchReport report;
  private final Map<StateDict.Entry, Tensor> pairs;
  private final List<String> rivals;

  private Match(
      NamedTensors source,
      MatchReport report,
      Map<StateDict.Entry, Tensor> pairs,
      List<String> rivals) {
    this.source = source;
    this.report = report;
    this.pairs = pairs;
    this.rivals = rivals;
  }

  /** Compares; nothing is changed yet. */
  public static Match of(NamedTensors source, StateDict target) {
    BestReading best = BestReading.of(source, target);
    Naming.Names fitted = PositionalEmbedding.fitted(best.names(), target);
    return of(source, best, fitted, target);
  }

  public MatchReport report() {
    return report;
  }

  /**
   * @param minMatch the smallest part of the network's parameters that must be loaded, 0 to 1
   * @throws Failure exit 2 if less is: training from scratch by mistake looks like this; or if
   *     several parts of the file fit equally
   */
  public Match requireAtLeast(double minMatch) {
    if (report.fraction() >= minMatch) {
      requireNoRivals();
      return this;
    }
    throw Failure.badInput(
        "the weights fit the network too little: %.1f %% of its parameters by name and shape,"
            + " expected %.1f %%; missing %s; in the file %s. %s (--min-match %.2f accepts it)",
        report.percent(),
        100 * minMatch,
        first(report.missing().stream().map(Absent::name).toList()),
        first(report.unexpected().stream().map(Absent::name).toList()),
        why(),
        Math.floor(100 * report.fraction()) / 100);
  }

  /**
   * Why a file whose names and shapes are a network's is another network's all the same, where that
   * is known.
   */
  public static Optional<String> lookalike(NamedTensors source) {
    return Lookalike.why(source.tensors().keySet());
  }

  private void requireNoRivals() {
    if (!rivals.isEmpty()) {
      throw Failure.badInput(
          "%d parts of the file fit the network equally and differ: %s; which of them is meant"
              + " cannot be told, so give a file with one of them only",
          rivals.size(), String.join(", ", rivals));
    }
  }

  private String why() {
    if (report.format().equals(OnnxInitializers.FORMAT)) {
      return "An ONNX file for inference has its BatchNorms folded into other tensors; give a state"
          + " dict, or an export for training.";
    }
    return Lookalike.why(source.tensors().keySet()).orElse("Is it another architecture's file?");
  }

  /**
   * Puts what fits into the network's objects, converted to the types that it has there. Tensors of
   * the same type stay views of the file. Tied weights stay tied.
   *
   * @throws Failure exit 2 if one of them is NaN or infinite, in the file or in the network's type
   */
  public void apply() {
    IdentityHashMap<PyTensor, PyTensor> tied = new IdentityHashMap<>();
    pairs.forEach(
        (entry, tensor) -> {
          PyTensor value =
              tied.computeIfAbsent(
                  entry.value(), old -> new PyTensor(converted(entry, tensor), old.requiresGrad()));
          entry.owner().attributes().put(entry.attribute(), value);
        });
  }

  private static Tensor converted(StateDict.Entry entry, Tensor tensor) {
    Tensor value = Cast.to(entry.tensor().dtype(), tensor);
    FiniteState.broken(entry.name(), value)
        .ifPresent(
            found -> {
              throw Failure.badInput(
                  "%s, and a network with it answers nothing: the run that made these weights has"
                      + " diverged; take an earlier checkpoint",
                  found);
            });
    return value;
  }

  private static Match of(
      NamedTensors source, BestReading best, Naming.Names names, StateDict target) {
    Map<StateDict.Entry, Tensor> pairs = new LinkedHashMap<>();
    List<Loaded> loaded = new ArrayList<>();
    List<Absent> missing = new ArrayList<>();
    List<Mismatched> mismatched = new ArrayList<>();
    long loadedParameters = 0;
    long parameters = 0;
    for (StateDict.Entry entry : target.entries()) {
      Tensor wanted = entry.tensor();
      long counted = entry.kind() == StateDict.Kind.PARAMETER ? wanted.numel() : 0;
      parameters += counted;
      Tensor found = names.tensors().get(entry.name());
      if (found == null) {
        missing.add(new Absent(entry.name(), shape(wanted)));
        continue;
      }
      if (!fits(found, wanted)) {
        mismatched.add(new Mismatched(entry.name(), shape(wanted), shape(found)));
        continue;
      }
      loadedParameters += counted;
      pairs.put(entry, reshaped(found, wanted.shape()));
      String sourceName = names.sourceNames().getOrDefault(entry.name(), entry.name());
      loaded.add(
          new Loaded(
              entry.name(),
              sourceName,
              shape(wanted),
              shape(found),
              wanted.dtype(),
              found.dtype()));
    }
    Map<String, Tensor> beside = new LinkedHashMap<>(names.tensors());
    target.entries().forEach(entry -> beside.remove(entry.name()));
    List<Absent> unexpected = new ArrayList<>();
    beside.forEach((name, tensor) -> unexpected.add(new Absent(name, shape(tensor))));
    List<String> notes = new ArrayList<>(best.entry().notes());
    notes.addAll(names.notes());
    List<Head> heads = takeHeads(mismatched, target);
    MatchReport report =
        new MatchReport(
            source.format(),
            notes,
            loaded,
            missing,
            unexpected,
            mismatched,
            heads,
            loadedParameters,
            parameters);
    return new Match(source, report, pairs, best.rivals());
  }

  /**
   * Layers of another class count: the network's last layer, if its weight differs in its first
   * size only, and those with the same two counts, as auxiliary heads have. Any other layer of
   * another width belongs to another network, and its classes would be none.
   */
  private static List<Head> takeHeads(List<Mismatched> mismatched, StateDict target) {
    String last =
        target.entries().stream()
            .filter(entry -> entry.name().endsWith(WEIGHT) && entry.tensor().shape().length >= 2)
            .map(StateDict.Entry::name)
            .reduce("", (first, second) -> second);
    Optional<Mismatched> main =
        mismatched.stream().filter(m -> m.name().equals(last) && hasOtherRows(m)).findFirst();
    if (main.isEmpty()) {
      return List.of();
    }
    List<Head> heads = new ArrayList<>();
    for (Mismatched weight : List.copyOf(mismatched)) {
      boolean sameCounts =
          weight.shape().get(0).equals(main.get().shape().get(0))
              && weight.sourceShape().get(0).equals(main.get().sourceShape().get(0));
      if (weight.name().endsWith(WEIGHT) && hasOtherRows(weight) && sameCounts) {
        String layer = weight.name().substring(0, weight.name().length() - WEIGHT.length());
        heads.add(new Head(layer, weight.shape().get(0), weight.sourceShape().get(0)));
        mismatched.removeIf(
            m -> m.name().equals(layer + WEIGHT) || m.name().equals(layer + ".bias"));
      }
    }
    return heads;
  }

  private static boolean hasOtherRows(Mismatched weight) {
    return weight.shape().size() >= 2
        && weight.shape().size() == weight.sourceShape().size()
        && remainder(weight.shape()).equals(remainder(weight.sourceShape()));
  }

  private static List<Long> remainder(List<Long> shape) {
    return shape.subList(1, shape.size());
  }

  /**
   * Sizes of 1 do not count: one library has a layer scale as [C], another as [C, 1, 1], one a
   * squeeze as a linear layer, another as a 1x1 convolution. A convolution [out, C, H, W] over the
   * whole of its input is a linear layer [out, C * H * W]. The numbers and their order are equal.
   */
  static boolean fits(Tensor a, Tensor b) {
    return Arrays.equals(Roles.withoutOnes(a), Roles.withoutOnes(b))
        || flattens(a, b)
        || flattens(b, a);
  }

  private static boolean flattens(Tensor convolution, Tensor linear) {
    return convolution.rank() == 4
        && linear.rank() == 2
        && convolution.size(0) == linear.size(0)
        && convolution.numel() == linear.numel();
  }

  private static Tensor reshaped(Tensor tensor, long[] shape) {
    if (Arrays.equals(tensor.shape(), shape)) {
      return tensor;
    }
    Tensor whole = tensor.contiguous();
    return whole.view(shape, Tensor.contiguousStrides(shape), whole.offset());
  }

  private static List<Long> shape(Tensor tensor) {
    return Arrays.stream(tensor.shape()).boxed().toList();
  }

  private static String first(List<String> names) {
    return names.isEmpty() ? "nothing" : names.size() + " such as " + names.get(0);
  }
}
