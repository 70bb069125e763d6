package dev.lapidary.models.zoo;

import dev.lapidary.torchscript.script.StateDict;
import java.util.Optional;

/**
 * A layer that gives a network's logits: linear, [classes, features], or a 1x1 convolution,
 * [classes, features, 1, 1].
 *
 * @param name its module's path, {@code fc}
 * @param bias absent if the layer has none
 */
public record Head(String name, StateDict.Entry weight, Optional<StateDict.Entry> bias) {
  public long classes() {
    return weight.tensor().size(0);
  }

  public long features() {
    return weight.tensor().size(1);
  }

  /** Whether a weight can be a head's. */
  static boolean fits(StateDict.Entry weight) {
    long[] shape = weight.tensor().shape();
    return weight.attribute().equals("weight")
        && (shape.length == 2 || (shape.length == 4 && shape[2] == 1 && shape[3] == 1));
  }

  static Head of(StateDict state, StateDict.Entry weight) {
    String name = weight.name().substring(0, weight.name().length() - ".weight".length());
    return new Head(name, weight, state.find(name + ".bias"));
  }
}
