package dev.lapidary.torchscript.trace.limit;

import java.time.Duration;

/**
 * What a program may use up before it is refused. Torchvision's largest classifiers take 60,000
 * steps, record 2,000 nodes and are traced in a second.
 *
 * @param steps statements, loop turns and calls
 * @param depth of calls and expressions, one inside the other
 * @param nodes recorded
 * @param constantBytes of all constants that the program computes, over the whole run, beside twice
 *     the size of the archive's tensors
 * @param work multiplications of all constants that are products of matrices
 * @param elements of all lists and characters of all strings that the program makes
 * @param sample elements of one value of the graph for one image
 * @param time of the thread, over all attempts, beside 20 ms for each megabyte of the tensors
 */
public record TraceLimits(
    long steps,
    int depth,
    int nodes,
    long constantBytes,
    long work,
    long elements,
    long sample,
    Duration time) {
  public static final TraceLimits DEFAULT =
      new TraceLimits(
          500_000,
          600,
          10_000,
          24L << 20,
          1_000_000_000L,
          400_000,
          1L << 26,
          Duration.ofSeconds(4));
}
