package dev.lapidary.models.trace;

import java.time.Duration;

/**
 * What a program may use up before it is refused. Torchvision's largest classifiers take 60,000
 * steps and record 2,000 nodes.
 *
 * @param steps statements, loop turns and calls
 * @param depth of calls and expressions, one inside the other
 * @param nodes recorded
 * @param constantBytes of all constants that the program computes, over the whole run
 * @param work multiplications of all constants that are products of matrices
 * @param length of a list (elements) or a string (characters)
 * @param time of the whole run
 */
public record TraceLimits(
    long steps, int depth, int nodes, long constantBytes, long work, int length, Duration time) {
  public static final TraceLimits DEFAULT =
      new TraceLimits(
          1_000_000, 600, 50_000, 512L << 20, 2_000_000_000L, 1_000_000, Duration.ofSeconds(60));
}
