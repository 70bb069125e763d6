package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.SavedObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the dicts of tensors in what {@code torch.save} saved: often a checkpoint with more around
 * them. Which of them is wanted, the network decides ({@link Match}); without a network it is the
 * largest.
 */
final class SavedDict {
  private SavedDict() {}

  static NamedTensors tensors(String format, SavedObject saved) {
    List<SavedEntries.Found> found = SavedEntries.of(saved.value());
    List<String> notMade =
        saved.notMade().isEmpty()
            ? List.of()
            : List.of("not made, since no code of the file is run: " + few(saved.notMade()));
    NamedTensors.Entry first =
        likeliest(found)
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "holds no tensors by name, found %s%s; save a model's state_dict() instead",
                        found(saved.value()),
                        notMade.isEmpty() ? "" : " (" + notMade.get(0) + ")"));
    List<NamedTensors.Entry> entries = new ArrayList<>();
    for (SavedEntries.Found one : found) {
      NamedTensors.Entry e = one.entry();
      entries.add(new NamedTensors.Entry(e.path(), e.tensors(), joined(e.notes(), notMade)));
    }
    return new NamedTensors(
        format, first.tensors(), Map.of(), joined(first.notes(), notMade), entries);
  }

  /**
   * The dict with the most numbers of its own: those that only lie together, and a checkpoint's
   * loose tensors, are less. Of equals an average, as timm's {@code load_state_dict} takes it.
   */
  private static Optional<NamedTensors.Entry> likeliest(List<SavedEntries.Found> found) {
    Comparator<SavedEntries.Found> size = Comparator.comparingLong(SavedEntries.Found::own);
    Comparator<SavedEntries.Found> averaged =
        Comparator.comparingInt(f -> Averaged.isNamed(f.entry().path()) ? 1 : 0);
    return found.stream()
        .sorted(size.thenComparing(averaged).reversed()) // stable: the first of equals
        .map(SavedEntries.Found::entry)
        .findFirst();
  }

  private static List<String> joined(List<String> notes, List<String> more) {
    List<String> all = new ArrayList<>(notes);
    all.addAll(more);
    return all;
  }

  private static String found(PyValue root) {
    List<String> keys = new ArrayList<>();
    Map<PyValue, PyValue> items =
        root instanceof PyDict dict
            ? dict.items()
            : root instanceof PyOpaque opaque ? opaque.items() : Map.of();
    items
        .keySet()
        .forEach(key -> keys.add(key instanceof PyString s ? s.value() : "a key that is no name"));
    if (!keys.isEmpty()) {
      return few(keys.stream().map(Quote::of).toList());
    }
    return root instanceof PyTensor
        ? "one tensor"
        : root instanceof PyOpaque opaque ? "an object of " + opaque.name() : "no dict of them";
  }

  /** The first of them. */
  static String few(List<String> names) {
    String first = String.join(", ", names.stream().limit(5).toList());
    return names.size() > 5 ? first + " and " + (names.size() - 5) + " more" : first;
  }
}
