package dev.lapidary.torchscript.trace.limit;

import dev.lapidary.torchscript.graph.SymInt;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** Counts what a program uses up, and refuses when that passes what {@link TraceLimits} allow. */
public final class Budget {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Two operands in float64 and a result, at most. */
  private static final long BYTES_OF_AN_ELEMENT_AT_WORK = 24;

  private static final long NANOS_A_BYTE = 20;

  /** Some milliseconds of an operator that looks at each element. */
  private static final long ELEMENTS_BETWEEN_LOOKS = 1 << 20;

  private final TraceLimits limits;
  private final long deadline;
  private final long archiveBytes;
  private final long constantBytesAllowed;
  private long steps;
  private long elements;
  private long constantBytes;
  private long multiplied;
  private long touched;
  private int depth;
  private int nodes;

  /**
   * @param deadline what {@link #deadline} gave when the work began, maybe at an earlier attempt
   * @param archiveBytes of the archive's tensors: greater networks compute greater constants
   */
  public Budget(TraceLimits limits, long deadline, long archiveBytes) {
    this.limits = limits;
    this.deadline = deadline;
    this.archiveBytes = archiveBytes;
    this.constantBytesAllowed = limits.constantBytes() + 2 * archiveBytes;
  }

  /**
   * In the thread's own time, so that a busy machine refuses no honest program; a greater archive
   * has more of it.
   */
  public static long deadline(TraceLimits limits, long archiveBytes) {
    return THREADS.getCurrentThreadCpuTime()
        + limits.time().toNanos()
        + NANOS_A_BYTE * archiveBytes;
  }

  /** One statement, one loop's turn, one call. */
  public void step() {
    require(++steps, limits.steps(), "the program takes more than %d steps");
    if ((steps & 0xff) == 0) {
      checkTime();
    }
  }

  /** Before a constant is computed by this many multiplications. */
  public void work(long multiplications) {
    multiplied = Math.addExact(multiplied, multiplications);
    require(multiplied, limits.work(), "constants take more than %d multiplications");
  }

  /**
   * Before a call that may look at this many elements of constants, and after one that made them:
   * so that no run of calls on great ones passes between two looks at the clock.
   */
  public void touch(long count) {
    touched += Math.min(count, ELEMENTS_BETWEEN_LOOKS);
    if (touched >= ELEMENTS_BETWEEN_LOOKS) {
      touched = 0;
      checkTime();
    }
  }

  private void checkTime() {
    if (THREADS.getCurrentThreadCpuTime() > deadline) {
      throw ProgramRefusal.wrong(
          "the program runs for more than %d seconds", limits.time().toSeconds());
    }
  }

  public void enter() {
    require(++depth, limits.depth(), "calls and expressions nest deeper than %d");
  }

  public void leave() {
    depth--;
  }

  public void node() {
    require(++nodes, limits.nodes(), "the graph has more than %d nodes");
  }

  /** Before the memory of a computed constant is allocated. */
  public void allocate(long bytes) {
    constantBytes = Math.addExact(constantBytes, bytes);
    require(constantBytes, constantBytesAllowed, "computed constants take more than %d bytes");
  }

  /** Before a constant is looked at as if it were repeated: its elements go through memory once. */
  public void expand(long count) {
    long max = constantBytesAllowed / BYTES_OF_AN_ELEMENT_AT_WORK;
    if (count > max) {
      throw ProgramRefusal.wrong("a constant is repeated to %d elements, more than %d", count, max);
    }
  }

  /** Before a list (elements) or a string (characters) of this size is made. */
  public void length(long size) {
    elements = Math.addExact(elements, size);
    require(elements, limits.elements(), "lists and strings take more than %d elements");
  }

  /**
   * Before a value of the graph is recorded. One that no image is part of is made of the archive's
   * weights, and may be as great as those.
   */
  public void value(SymInt elements) {
    long max = elements.perBatch() ? limits.sample() : Math.max(limits.sample(), archiveBytes);
    if (elements.factor() > max) {
      throw ProgramRefusal.wrong(
          "a value of %d elements for one image; at most %d are supported", elements.factor(), max);
    }
  }

  /**
   * @param excess what is refused, with a place for what is allowed
   */
  private static void require(long used, long allowed, String excess) {
    if (used > allowed) {
      throw ProgramRefusal.wrong("%s", excess.formatted(allowed));
    }
  }
}
