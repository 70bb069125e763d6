package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.script.StateDict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Of all dicts in a file, and of all ways to read their names, the one that fits the most of a
 * network's numbers; of equals the one with the least beside, then an average ({@link Averaged}).
 *
 * @param entry the dict
 * @param names as read
 * @param rivals what fits equally well and holds other numbers, the chosen one included; empty if
 *     there is nothing to confuse it with
 */
record BestReading(NamedTensors.Entry entry, Naming.Names names, List<String> rivals) {
  /** Where less fits by name, what does is chance. */
  private static final double MOSTLY = 0.5;

  private static final int MAX_CANDIDATES = 64;

  /**
   * @param fitting the network's names and the file's tensors that fit
   * @param numbers in them; one that is empty counts as one
   * @param beside tensors that are in the dict too
   */
  private record Fit(
      NamedTensors.Entry entry,
      Naming.Names names,
      Map<String, Tensor> fitting,
      long numbers,
      int beside) {

    static Fit of(NamedTensors.Entry entry, Naming.Names names, Map<String, Tensor> target) {
      Map<String, Tensor> fitting = new LinkedHashMap<>();
      long numbers = 0;
      for (Map.Entry<String, Tensor> wanted : target.entrySet()) {
        Tensor tensor = names.tensors().get(wanted.getKey());
        if (tensor != null && Match.fits(tensor, wanted.getValue())) {
          fitting.put(wanted.getKey(), tensor);
          numbers += Math.max(1, tensor.numel());
        }
      }
      return new Fit(entry, names, fitting, numbers, names.tensors().size() - fitting.size());
    }

    /** What stands before the network's names: the dict's path and the prefix. */
    String label() {
      String path = entry.path().isEmpty() ? "" : entry.path() + ".";
      String name = fitting.keySet().stream().findFirst().orElse("");
      String source = path + names.sourceNames().getOrDefault(name, name);
      return source.endsWith(name) ? source.substring(0, source.length() - name.length()) : path;
    }

    boolean isAveraged() {
      return Averaged.isNamed(label());
    }

    /** Whether it reads all that the other one does in the same way. */
    boolean goesOnFrom(Fit other) {
      return other.fitting.entrySet().stream()
          .allMatch(e -> e.getValue() == fitting.get(e.getKey()));
    }

    boolean differsFrom(Fit other) {
      return !fitting.keySet().equals(other.fitting.keySet())
          || fitting.entrySet().stream()
              .anyMatch(e -> !isSame(e.getValue(), other.fitting.get(e.getKey())));
    }
  }

  static BestReading of(NamedTensors source, StateDict state) {
    Map<String, Tensor> target = state.tensors();
    List<Fit> fits = new ArrayList<>();
    long maximum = 0;
    List<NamedTensors.Entry> entries =
        source.candidates().stream()
            .sorted(Comparator.comparingLong(NamedTensors.Entry::numel).reversed())
            .limit(MAX_CANDIDATES)
            .toList();
    for (NamedTensors.Entry entry : entries) {
      if (entry.numel() + entry.tensors().size() < maximum) {
        break; // the rest is smaller still
      }
      for (Naming.Names names : Naming.readings(entry.tensors(), target)) {
        Fit fit = Fit.of(entry, names, target);
        maximum = Math.max(maximum, fit.numbers);
        fits.add(fit);
      }
    }
    fits.addAll(renamed(entries, target, fits, maximum));
    long best = fits.stream().mapToLong(Fit::numbers).max().orElse(0);
    if (best == 0) {
      return nothing(source);
    }
    fits.removeIf(fit -> fit.numbers < best);
    fits.sort(Comparator.comparingInt(Fit::beside)); // stable: names as they are come first
    return chosen(fits);
  }

  /**
   * Names of another library, where that fits more than names do. What names say already, if it is
   * the most of a network, must stay so.
   */
  private static List<Fit> renamed(
      List<NamedTensors.Entry> entries, Map<String, Tensor> target, List<Fit> named, long byName) {
    long all = target.values().stream().mapToLong(t -> Math.max(1, t.numel())).sum();
    List<Fit> better = new ArrayList<>();
    if (byName == all) {
      return better;
    }
    for (NamedTensors.Entry entry : entries) {
      Renaming.reading(entry.tensors(), target)
          .map(names -> Fit.of(entry, names, target))
          .filter(fit -> fit.numbers > byName)
          .filter(
              fit ->
                  byName < MOSTLY * all
                      || named.stream().anyMatch(n -> n.numbers == byName && fit.goesOnFrom(n)))
          .ifPresent(better::add);
    }
    return better;
  }

  /** What a refusal then speaks of. */
  private static BestReading nothing(NamedTensors source) {
    return new BestReading(
        new NamedTensors.Entry("", source.tensors(), source.notes()),
        new Naming.Names(source.tensors(), Map.of(), List.of()),
        List.of());
  }

  private static BestReading chosen(List<Fit> equals) {
    List<Fit> distinct = new ArrayList<>();
    for (Fit fit : equals) {
      if (distinct.stream().allMatch(fit::differsFrom)) {
        distinct.add(fit);
      }
    }
    List<Fit> averaged = distinct.stream().filter(Fit::isAveraged).toList();
    List<Fit> left = averaged.isEmpty() ? distinct : averaged;
    Fit first = left.get(0);
    List<String> rivals =
        left.size() == 1
            ? List.of()
            : left.stream().map(fit -> Quote.of(fit.label())).distinct().toList();
    return new BestReading(first.entry, first.names, rivals);
  }

  private static boolean isSame(Tensor a, @Nullable Tensor b) {
    if (b == null || a.dtype() != b.dtype() || !Arrays.equals(a.shape(), b.shape())) {
      return false;
    }
    boolean view =
        a.storage() == b.storage()
            && a.offset() == b.offset()
            && Arrays.equals(a.strides(), b.strides());
    return view || a.bytes().equals(b.bytes());
  }
}
