package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import java.util.Optional;

/**
 * What one may choose when a network is built.
 *
 * @param classes outputs of the head
 * @param seed of the initialization
 * @param dropout probability before the head; absent means the paper's
 * @param stochasticDepth the last block's probability of being skipped; absent means the paper's
 * @param inputSize pixels of the square input; absent means the published one
 */
public record ZooOptions(
    int classes,
    long seed,
    Optional<Double> dropout,
    Optional<Double> stochasticDepth,
    Optional<Integer> inputSize) {

  public ZooOptions {
    if (classes < 1) {
      throw Failure.badInput("a network needs at least 1 class but %d were asked for", classes);
    }
    requireProbability("dropout", dropout);
    requireProbability("stochastic depth", stochasticDepth);
  }

  /** The published network with another number of classes. */
  public static ZooOptions of(int classes, long seed) {
    return new ZooOptions(classes, seed, Optional.empty(), Optional.empty(), Optional.empty());
  }

  public ZooOptions withClasses(int count) {
    return new ZooOptions(count, seed, dropout, stochasticDepth, inputSize);
  }

  public ZooOptions withInputSize(int pixels) {
    return new ZooOptions(classes, seed, dropout, stochasticDepth, Optional.of(pixels));
  }

  public ZooOptions withDropout(double p) {
    return new ZooOptions(classes, seed, Optional.of(p), stochasticDepth, inputSize);
  }

  public ZooOptions withStochasticDepth(double p) {
    return new ZooOptions(classes, seed, dropout, Optional.of(p), inputSize);
  }

  private static void requireProbability(String name, Optional<Double> p) {
    if (p.isPresent() && !(p.get() >= 0 && p.get() < 1)) {
      throw Failure.badInput("%s must be in [0, 1) but is %s", name, p.get());
    }
  }
}
