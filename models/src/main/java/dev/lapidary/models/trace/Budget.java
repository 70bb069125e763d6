package dev.lapidary.models.trace;

import java.time.Duration;

/** Counts what a program uses up, and refuses when that passes what {@link TraceLimits} allow. */
final class Budget {
  private final TraceLimits limits;
  private final long deadline;
  private long steps;
  private long constantBytes;
  private long multiplied;
  private int depth;
  private int nodes;

  Budget(TraceLimits limits) {
    this.limits = limits;
    this.deadline = System.nanoTime() + limits.time().toNanos();
  }

  /** One statement, one loop's turn, one call. */
  void step() {
    if (++steps > limits.steps()) {
      throw Refusal.wrong("the program takes more than %d steps", limits.steps());
    }
    if ((steps & 0xff) == 0) {
      checkTime();
    }
  }

  /** Before a constant is computed by this many multiplications. */
  void work(long multiplications) {
    multiplied = Math.addExact(multiplied, multiplications);
    if (multiplied > limits.work()) {
      throw Refusal.wrong("constants take more than %d multiplications", limits.work());
    }
  }

  void checkTime() {
    if (System.nanoTime() > deadline) {
      Duration time = limits.time();
      throw Refusal.wrong("the program runs for more than %d seconds", time.toSeconds());
    }
  }

  void enter() {
    if (++depth > limits.depth()) {
      throw Refusal.wrong("calls and expressions nest deeper than %d", limits.depth());
    }
  }

  void leave() {
    depth--;
  }

  void node() {
    if (++nodes > limits.nodes()) {
      throw Refusal.wrong("the graph has more than %d nodes", limits.nodes());
    }
    checkTime();
  }

  /** Before the memory of a computed constant is allocated. */
  void allocate(long bytes) {
    constantBytes = Math.addExact(constantBytes, bytes);
    if (constantBytes > limits.constantBytes()) {
      throw Refusal.wrong("computed constants take more than %d bytes", limits.constantBytes());
    }
    checkTime();
  }

  /** Before a list or a string of this size is made. */
  void length(long elements) {
    if (elements > limits.length()) {
      throw Refusal.wrong("a list or a string is longer than %d", limits.length());
    }
  }
}
