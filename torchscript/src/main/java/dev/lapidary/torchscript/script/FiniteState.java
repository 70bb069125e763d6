package dev.lapidary.torchscript.script;

import dev.lapidary.core.tensor.Tensor;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Whether a network's tensors are numbers. A network that holds NaN answers NaN, or what comparing
 * with NaN makes of it.
 */
public final class FiniteState {
  private FiniteState() {}

  /**
   * The first tensor that no network can use, with what it holds: {@code bn1.running_var holds
   * nan}. NaN is never used; an infinity is in a buffer that masks, but not in statistics.
   *
   * @param tensors by their names in a state_dict
   */
  public static Optional<String> broken(Map<String, Tensor> tensors) {
    return tensors.entrySet().stream()
        .flatMap(e -> broken(e.getKey(), e.getValue()).stream())
        .findFirst();
  }

  /** The same for one tensor. */
  public static Optional<String> broken(String name, Tensor tensor) {
    OptionalDouble value = tensor.firstNotFinite();
    if (value.isEmpty()) {
      return Optional.empty();
    }
    double found = value.getAsDouble();
    if (Double.isInfinite(found) && isMask(name)) {
      return containsNaN(tensor) ? Optional.of(name + " holds nan") : Optional.empty();
    }
    return Optional.of(name + " holds " + word(found));
  }

  /** As PyTorch prints it. */
  public static String word(double notFinite) {
    return Double.isNaN(notFinite) ? "nan" : notFinite > 0 ? "inf" : "-inf";
  }

  private static boolean isMask(String name) {
    return name.contains("mask");
  }

  private static boolean containsNaN(Tensor tensor) {
    Tensor.Walk walk = tensor.walk();
    while (walk.hasNext()) {
      if (Double.isNaN(tensor.doubleAt(walk.next()))) {
        return true;
      }
    }
    return false;
  }
}
