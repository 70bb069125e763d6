package dev.lapidary.runtime.tune;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.BatchRule;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How a network is run: by how many executors, of how many threads, in batches of how many.
 *
 * @param idleThreads of a run of one image while nothing else is done; those of the others where
 *     that is no faster
 * @param maxBatch the most images in one run
 * @param rule how many of those that have queued, and who else is waited for
 * @param nanosPerImage of such a batch's run, over its images; empty where nothing was measured
 * @param reason in one line, with the numbers that it comes from
 */
public record BatchPlan(
    int executors,
    int threads,
    int idleThreads,
    int maxBatch,
    BatchRule rule,
    OptionalDouble nanosPerImage,
    String reason) {
  /** A size that gives so much of the best rate is as good. */
  private static final double AS_GOOD = 0.995;

  /** What several executors must gain, not to be a measurement's noise. */
  private static final double WORTH_EXECUTORS = 1.02;

  /** What one image must gain by all threads, since whoever comes beside it runs more slowly. */
  private static final double WORTH_WIDTH = 1.05;

  private record Choice(LatencyCurve curve, int size) {
    double imagesPerSecond() {
      return curve.imagesPerSecond(size);
    }
  }

  /**
   * The highest rate that the objective allows. Where a batch of one gives it, batching is off. No
   * plan has a delay: whom an executor waits for is decided by who was just answered.
   *
   * @param curves of one network, the first of a single executor
   * @param p99 the longest that 99 of 100 images may wait and run, together. A batch may have begun
   *     just before an image comes, so two runs must fit into it.
   */
  public static BatchPlan of(List<LatencyCurve> curves, Optional<Duration> p99) {
    double maxNanos = p99.map(time -> time.toNanos() / 2.0).orElse(Double.MAX_VALUE);
    List<Choice> choices = curves.stream().map(curve -> best(curve, maxNanos)).toList();
    List<Choice> meeting =
        choices.stream().filter(c -> c.curve().nanos(c.size()) <= maxNanos).toList();
    Choice alone = choices.get(0);
    Choice fastest =
        (meeting.isEmpty() ? choices : meeting)
            .stream().max(Comparator.comparingDouble(Choice::imagesPerSecond)).orElse(alone);
    boolean several =
        fastest.imagesPerSecond() >= WORTH_EXECUTORS * alone.imagesPerSecond()
            || (!meeting.isEmpty() && !meeting.contains(alone));
    Choice chosen = meeting.isEmpty() ? soonest(curves) : several ? fastest : alone;
    int idleThreads = idleThreads(chosen.curve(), alone.curve());
    return new BatchPlan(
        chosen.curve().executors(),
        chosen.curve().threads(),
        idleThreads,
        chosen.size(),
        new MeasuredRule(
            chosen.curve(),
            chosen.size(),
            idleThreads == chosen.curve().threads() ? 0 : alone.curve().single()),
        OptionalDouble.of(chosen.curve().nanos(chosen.size()) / chosen.size()),
        reason(chosen, alone, p99, meeting.isEmpty())
            + (idleThreads == chosen.curve().threads() ? "" : width(chosen, alone)));
  }

  /** So many runs of one image and one thread at a time, whatever they take. */
  public static BatchPlan ofRuns(int executors) {
    return new BatchPlan(
        executors,
        1,
        1,
        1,
        BatchRule.GREEDY,
        OptionalDouble.empty(),
        "%d executors of 1 threads".formatted(executors));
  }

  private static int idleThreads(LatencyCurve chosen, LatencyCurve wide) {
    boolean faster =
        wide.threads() > chosen.threads() && chosen.single() >= WORTH_WIDTH * wide.single();
    return faster ? wide.threads() : chosen.threads();
  }

  private static String width(Choice chosen, Choice wide) {
    return Phrase.of(
        "; one image while nothing else is done runs on %d threads, in %.1f ms instead of %.1f",
        wide.curve().threads(), wide.curve().single() / 1e6, chosen.curve().single() / 1e6);
  }

  private static Choice best(LatencyCurve curve, double maxNanos) {
    double maximum =
        curve.nanosBySize().keySet().stream()
            .filter(size -> size == 1 || curve.nanos(size) <= maxNanos)
            .mapToDouble(curve::imagesPerSecond)
            .max()
            .orElseThrow();
    int smallest =
        curve.nanosBySize().keySet().stream()
            .filter(size -> curve.imagesPerSecond(size) >= AS_GOOD * maximum)
            .findFirst()
            .orElseThrow();
    return new Choice(curve, smallest);
  }

  private static Choice soonest(List<LatencyCurve> curves) {
    LatencyCurve minimum =
        curves.stream().min(Comparator.comparingLong(LatencyCurve::single)).orElseThrow();
    return new Choice(minimum, 1);
  }

  private static String reason(
      Choice chosen, Choice alone, Optional<Duration> p99, boolean missed) {
    String batches = batches(chosen);
    String executors =
        chosen.curve().executors() == 1
            ? Phrase.of("1 executor of %d threads", chosen.curve().threads())
            : Phrase.of(
                "%d executors of %d threads give %.2f x the images of 1 of %d",
                chosen.curve().executors(),
                chosen.curve().threads(),
                chosen.imagesPerSecond() / alone.imagesPerSecond(),
                alone.curve().threads());
    String objective =
        p99.map(
                time ->
                    Phrase.of(
                        missed
                            ? "; p99 of %d ms is not held: one image alone takes %.1f ms, and twice"
                                + " that with one before it"
                            : "; p99 of %d ms holds while two runs take no more, %.1f ms each",
                        time.toMillis(),
                        chosen.curve().nanos(chosen.size()) / 1e6))
            .orElse("");
    return batches + "; " + executors + objective;
  }

  private static String batches(Choice chosen) {
    LatencyCurve curve = chosen.curve();
    if (chosen.size() > 1) {
      return Phrase.of(
          "batches of up to %d: together they cost %.2f x as many alone",
          chosen.size(), curve.nanos(chosen.size()) / chosen.size() / curve.single());
    }
    int largest = curve.nanosBySize().lastKey();
    int shown = largest >= 8 ? 8 : largest;
    return largest == 1
        ? "batching off: the network takes one image"
        : Phrase.of(
            "batching off: %d together cost %.2f x %d alone",
            shown, curve.nanos(shown) / shown / curve.single(), shown);
  }

  public BatchPolicy policy() {
    return new BatchPolicy(maxBatch, Duration.ZERO, rule);
  }
}
