package dev.lapidary.exporter.quantize;

import java.util.List;
import java.util.Optional;

/**
 * One way to write a network, measured beside the others.
 *
 * @param name {@code float32} or as {@code --quantize} says it
 * @param weightBytes of its weights
 * @param verdict of the guard, about held-out images
 * @param relativeError the squared error of their logits as a share of float32's
 * @param times on this machine, one for each of {@link SideBySide}'s settings
 */
public record Variant(
    String name,
    long weightBytes,
    Optional<Verdict> verdict,
    double relativeError,
    List<Time> times) {
  public Variant {
    times = List.copyOf(times);
  }

  /**
   * @param batch images together
   * @param threads 0 for as many as there are processors
   * @param millis an image, the lower decile
   */
  public record Time(int batch, int threads, double millis) {}
}
