package dev.lapidary.torchscript.pt2;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What nodes of exported programs may be beside the operators that networks call: what {@code
 * run_decompositions} and PT2E write, Python's operators on sizes, and checks.
 */
public final class NodeNames {
  private NodeNames() {}

  /** By the node's target without its overload, what is printed for it. */
  public static SortedMap<String, String> all() {
    SortedMap<String, String> names = new TreeMap<>();
    PlainCalls.names().forEach((name, plain) -> names.put(Targets.ATEN + name, "aten::" + plain));
    names.put(Targets.ATEN + "as_strided", "aten::reshape, if it keeps the elements' order");
    names.put(Targets.ATEN + "bernoulli_", "itself, where a module drops blocks in training");
    Targets.ASSERTIONS.forEach(name -> names.put(Targets.ATEN + name, "nothing: it is a check"));
    Targets.ON_NUMBERS.forEach(
        (target, function) ->
            names.put(
                target.startsWith(Targets.ATEN) ? target.replaceFirst("\\.\\w+$", "") : target,
                function + " on sizes"));
    names.putAll(DecomposedQuantization.names());
    return Collections.unmodifiableSortedMap(names);
  }
}
