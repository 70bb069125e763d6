package dev.lapidary.exporter.lower;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/** What each operator is lowered to; a group of operators enters its own. */
final class LoweringTable {
  private final SortedMap<String, Lowering> lowerings = new TreeMap<>();
  private final Map<String, Class<?>> families = new HashMap<>();

  /** Enters the operators of a class. */
  void enter(Class<?> family, Consumer<LoweringTable> operators) {
    Set<String> before = names();
    operators.accept(this);
    names().stream().filter(name -> !before.contains(name)).forEach(n -> families.put(n, family));
  }

  /** An operator of one output. */
  void single(String operator, Function<Op, String> lowering) {
    several(operator, op -> List.of(lowering.apply(op)));
  }

  void several(String operator, Lowering lowering) {
    if (lowerings.put(operator, lowering) != null) {
      throw new IllegalStateException(operator + " is registered twice");
    }
  }

  Optional<Class<?>> family(String operator) {
    return Optional.ofNullable(families.get(operator));
  }

  SortedSet<String> names() {
    return new TreeSet<>(lowerings.keySet());
  }

  /**
   * In-place forms ({@code aten::relu_}) are lowered as their pure ones: a graph has no mutation.
   */
  Optional<Lowering> find(String operator) {
    String pure = operator.endsWith("_") ? operator.substring(0, operator.length() - 1) : operator;
    return Optional.ofNullable(lowerings.getOrDefault(operator, lowerings.get(pure)));
  }
}
