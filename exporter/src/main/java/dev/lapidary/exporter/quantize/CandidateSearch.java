package dev.lapidary.exporter.quantize;

import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for the integers whose logits are nearest to float32's, with all layers on integers: the
 * rule for the ranges, and the repairs.
 */
final class CandidateSearch {
  /** So many images tell one calibrator from another. */
  private static final int CHOOSING_IMAGES = 64;

  /**
   * The error of the logits, 30 dB below them, from which on no repair is looked for: to find out
   * what equalization brings takes as long as all the rest.
   */
  private static final double NEAR = 1e-3;

  /**
   * What equalization must leave of the error at most. It gives channels the ranges that they had
   * on calibration images, and cuts those that go further on others: on EfficientNet-Lite2 it was
   * the nearer one there and kept 86 of 100 answers on other photographs, where 95 stay without it.
   */
  private static final double EQUALIZATION_GAIN = 0.5;

  private final Reference reference;
  private final CalibrationSet calibration;
  private final Target target;

  /** Of candidates that were held to float32 to the end. */
  private final IdentityHashMap<Candidate, Double> errors = new IdentityHashMap<>();

  /** The nearest of them so far, which is most often what comes out, with its integers. */
  private Optional<Builds> nearest = Optional.empty();

  private double minimum = Double.POSITIVE_INFINITY;

  /**
   * @param reference of the calibration images
   */
  CandidateSearch(Reference reference, CalibrationSet calibration, Target target) {
    this.reference = reference;
    this.calibration = calibration;
    this.target = target;
  }

  /**
   * The graph as it is, or equalized where that is not near enough, each by its best ranges; then
   * rounded by layer where that is not near enough either.
   */
  Builds best(OnnxGraph graph) {
    Candidate best = bestCandidate(graph);
    return nearest
        .filter(builds -> builds.candidate().equals(best))
        .orElseGet(() -> new Builds(best, best.build(Set.of())));
  }

  private Candidate bestCandidate(OnnxGraph graph) {
    Candidate plain = bestRanges(graph, observe(graph), "");
    double error = error(plain);
    if (error <= NEAR) {
      return plain;
    }
    Candidate best =
        CrossLayerEqualization.of(graph, plain.seen())
            .map(other -> bestRanges(other, observe(other), " + equalization"))
            .filter(other -> error(other) < EQUALIZATION_GAIN * error)
            .orElse(plain);
    return error(best) > NEAR ? nearest(List.of(best, rounded(best))) : best;
  }

  /**
   * Rounded by layer, with the ranges that are best then: weights that hurt hide what ranges do.
   */
  private Candidate rounded(Candidate candidate) {
    Int8Form form = Int8Form.of(target, candidate.graph(), Set.of());
    WeightRounding rounding =
        WeightRounding.of(
            candidate.graph(),
            form.layers(),
            calibration,
            form.params(candidate.seen().ranges(new MinMax())),
            sums(candidate.seen()));
    Candidate rounded = candidate.with(rounding);
    return nearest(Calibrator.all().stream().map(rounded::with).toList());
  }

  /** The one with the least error, of equal ones the first. */
  private Candidate nearest(List<Candidate> candidates) {
    Candidate best = candidates.get(0);
    double min = Double.POSITIVE_INFINITY;
    for (Candidate candidate : candidates) {
      double error = error(candidate, min);
      if (error < min) {
        min = error;
        best = candidate;
      }
    }
    return best;
  }

  private Observations observe(OnnxGraph graph) {
    return Observations.of(graph, Int8Form.of(target, graph, Set.of()).values(), calibration);
  }

  private PairSums sums(Observations seen) {
    return target == Target.PORTABLE ? PairSums.in16Bits(seen) : PairSums.IN_32_BITS;
  }

  /** All calibrators without, then the best one with bias correction; the plainer wins a tie. */
  private Candidate bestRanges(OnnxGraph graph, Observations seen, String repair) {
    Candidate plain =
        new Candidate(
            graph, seen, repair, new MinMax(), WeightRounding.nearest(sums(seen)), false, target);
    Candidate best = nearest(Calibrator.all().stream().map(plain::with).toList());
    return nearest(List.of(best, best.withCorrectedBias()));
  }

  private double error(Candidate candidate) {
    return error(candidate, Double.POSITIVE_INFINITY);
  }

  /** Infinite as soon as it is known to be above the bound. */
  private double error(Candidate candidate, double bound) {
    Double known = errors.get(candidate);
    if (known != null) {
      return known;
    }
    OnnxGraph built = candidate.build(Set.of());
    double error = reference.relativeError(built, CHOOSING_IMAGES, bound);
    if (Double.isFinite(error)) {
      errors.put(candidate, error);
    }
    if (error < minimum) {
      minimum = error;
      nearest = Optional.of(new Builds(candidate, built));
    }
    return error;
  }
}
