package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The prefixes that wrappers put before names, whatever they are called: what stands before a name
 * and a shape that the network has.
 */
final class Prefixes {
  private static final int DEEPEST = 16;
  private static final int MAX_PREFIXES = 8;
  private static final int MAX_MIXED = 4;

  /** A prefix of fewer of a file's names is no wrapper's. */
  private static final double COMMON = 0.125;

  private Prefixes() {}

  /** The prefixes that many of the names have, the empty one first. */
  static List<String> common(Collection<String> names) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (String name : names) {
      starts(name).stream()
          .skip(1)
          .forEach(at -> counts.merge(name.substring(0, at), 1, Integer::sum));
    }
    List<String> common = new ArrayList<>(List.of(""));
    counts.entrySet().stream()
        .filter(e -> e.getValue() >= COMMON * names.size())
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .limit(MAX_PREFIXES)
        .forEach(e -> common.add(e.getKey()));
    return common;
  }

  /**
   * Readings without a prefix, the one that fits most first; where the network's own names all have
   * one, with that in front.
   */
  static List<Naming.Names> removed(Naming.Names names, Map<String, Tensor> target) {
    List<Naming.Names> readings = new ArrayList<>();
    for (String wrapper : shared(target.keySet())) {
      Map<String, Tensor> inner = new LinkedHashMap<>();
      target.forEach((name, tensor) -> inner.put(name.substring(wrapper.length()), tensor));
      for (String prefix : fitting(names.tensors(), inner)) {
        Naming.Names shorter = prefix.isEmpty() ? names : names.without(prefix);
        Naming.Names whole = mixed(shorter, inner);
        readings.add(
            wrapper.isEmpty()
                ? whole
                : whole.renamed(
                    "put the network's own prefix '" + wrapper + "' in front",
                    name -> inner.containsKey(name) ? wrapper + name : name));
      }
    }
    return readings;
  }

  /** Prefixes of names that end in a name of the network and have its shape, the best first. */
  private static List<String> fitting(Map<String, Tensor> names, Map<String, Tensor> target) {
    Map<String, Long> fitting = new LinkedHashMap<>();
    names.forEach(
        (name, tensor) -> {
          for (int at : starts(name)) {
            Tensor wanted = target.get(name.substring(at));
            if (wanted != null && Match.fits(tensor, wanted)) {
              fitting.merge(name.substring(0, at), Math.max(1, tensor.numel()), Long::sum);
            }
          }
        });
    return fitting.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
        .limit(MAX_PREFIXES)
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * Also without other prefixes of what is still missing: a head beside a wrapped backbone. Not
   * where a prefix has a tensor that is there already, since that is of another network.
   */
  private static Naming.Names mixed(Naming.Names names, Map<String, Tensor> target) {
    Naming.Names now = names;
    for (int i = 0; i < MAX_MIXED; i++) {
      Naming.Names read = now;
      Map<String, Tensor> lacking = new LinkedHashMap<>(target);
      read.tensors().keySet().forEach(lacking::remove);
      Set<String> others = ofOtherNetworks(read.tensors(), target, lacking.keySet());
      List<String> candidates =
          fitting(read.tensors(), lacking).stream()
              .filter(prefix -> !prefix.isEmpty() && !others.contains(prefix))
              .toList();
      if (candidates.isEmpty() || isAmbiguous(candidates, read.tensors(), lacking)) {
        return read;
      }
      now = read.without(candidates.get(0));
    }
    return now;
  }

  /** Prefixes of a name that the network has and that is found elsewhere. */
  private static Set<String> ofOtherNetworks(
      Map<String, Tensor> names, Map<String, Tensor> target, Set<String> missing) {
    Set<String> prefixes = new HashSet<>();
    for (String name : names.keySet()) {
      for (int at : starts(name)) {
        String remainder = name.substring(at);
        if (at > 0 && target.containsKey(remainder) && !missing.contains(remainder)) {
          prefixes.add(name.substring(0, at));
        }
      }
    }
    return prefixes;
  }

  /** Whether another prefix has one of the tensors that the first one has. */
  private static boolean isAmbiguous(
      List<String> prefixes, Map<String, Tensor> names, Map<String, Tensor> lacking) {
    Map<String, Integer> found = new HashMap<>();
    for (String prefix : prefixes) {
      lacking.forEach(
          (name, wanted) -> {
            Tensor tensor = names.get(prefix + name);
            if (tensor != null && Match.fits(tensor, wanted)) {
              found.merge(name, 1, Integer::sum);
            }
          });
    }
    return found.values().stream().anyMatch(count -> count > 1);
  }

  /** Prefixes that all names have, the empty one first. */
  private static List<String> shared(Collection<String> names) {
    List<String> shared = new ArrayList<>(List.of(""));
    if (names.isEmpty()) {
      return shared;
    }
    String first = names.iterator().next();
    for (int at : starts(first)) {
      String prefix = first.substring(0, at);
      if (at > 0 && names.stream().allMatch(name -> name.startsWith(prefix))) {
        shared.add(prefix);
      }
    }
    return shared;
  }

  /** Where a name's parts begin: 0, and behind each dot. */
  private static List<Integer> starts(String name) {
    List<Integer> starts = new ArrayList<>(List.of(0));
    for (int dot = name.indexOf('.'); dot >= 0 && starts.size() < DEEPEST; ) {
      starts.add(dot + 1);
      dot = name.indexOf('.', dot + 1);
    }
    return starts;
  }
}
