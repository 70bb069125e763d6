package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Static int8 as QuantizeLinear/DequantizeLinear, for ONNX Runtime on the CPU: uint8 activations
 * with a zero point, int8 weights with a scale for each output channel, int32 biases.
 *
 * <p>Nothing is taken on trust: the ranges' rule is the one whose logits came nearest to the float
 * model's on the calibration images, layers go back to float until the {@link Guard} passes the
 * rest on images of its own, and ONNX Runtime's own optimized graph tells which layers really run
 * on integers.
 */
public final class StaticInt8 {
  /** As the model card says it. */
  public static final String METHOD = "int8-static-qdq";

  /** So many images tell one calibrator from another. */
  private static final int CHOOSING_IMAGES = 64;

  /** Ranking runs the model once a layer; so many images tell the worst layers from the others. */
  private static final int RANKING_IMAGES = 32;

  /** The error of the logits, 30 dB below them, from which on no repair is looked for. */
  private static final double NEAR = 1e-3;

  /**
   * What equalization must leave of the error at most. It gives channels the ranges that they had
   * on calibration images, and cuts those that go further on others: on EfficientNet-Lite2 it was
   * the nearer one there and kept 86 of 100 answers on other photographs, where 95 stay without it.
   */
  private static final double EQUALIZATION_GAIN = 0.5;

  private final OnnxGraph fp32;
  private final Reference reference;
  private final Guard guard;
  private final Int8Images images;
  private final Consumer<String> log;

  private StaticInt8(
      OnnxGraph fp32, Int8Images images, Scoring scoring, Limits limits, Consumer<String> log) {
    this.fp32 = fp32;
    this.reference = Reference.of(fp32, images.calibration(), scoring);
    this.guard =
        new Guard(Reference.of(fp32, images.guard(), scoring), images.labels(), limits.maxDrop());
    this.images = images;
    this.log = log;
  }

  /**
   * Quantizes a float32 graph: BatchNormalization in the convolutions where it can be, global means
   * as GlobalAveragePool. The same graph and images give the same bytes.
   *
   * @param scoring what the outputs are made to
   * @param log gets lines of progress and warnings
   * @throws Failure (exit 3) if nothing that computes on integers passes the guard, and it is not
   *     forced; (exit 4) if the network has nothing that could
   */
  public static Quantized quantize(
      OnnxGraph fp32, Int8Images images, Scoring scoring, Limits limits, Consumer<String> log) {
    OnnxGraph graph = NormalizeForInt8.of(fp32);
    Int8Plan plan = Int8Plan.of(graph, Set.of());
    if (plan.layers().isEmpty()) {
      throw Failure.unsupported(
          "--quantize int8 finds nothing to compute on integers: no layer has a weight and enough"
              + " work for each output; leave it out, or give --quantize fp16");
    }
    StaticInt8 int8 = new StaticInt8(fp32, images, scoring, limits, log);
    Candidate best = int8.best(graph);
    PlanCost cost = PlanCost.of(best.graph(), limits.costs(), images.calibration());
    LayerSearch.Found found = LayerSearch.of(plan.layers(), int8.trial(best, cost), log);
    OnnxGraph result = best.build(found.keptFloat());
    Int8Plan finalPlan = Int8Plan.of(best.graph(), found.keptFloat());
    FusionLint lint = FusionLint.of(result, finalPlan.layers());
    Described described = int8.describe(best.graph(), finalPlan, found.keptFloat(), lint);
    int8.require(described.layers(), found, limits);
    String by = found.curve().size() > 1 ? ", layers by costs " + limits.costs().hash() : "";
    return int8.finished(result, best.label() + by, found, described);
  }

  /**
   * The graph as it is, or equalized, each by its best ranges; then rounded by layer where that is
   * not near enough.
   */
  private Candidate best(OnnxGraph graph) {
    Candidate plain = bestRanges(graph, observe(graph), "");
    double error = error(plain);
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
    OnnxGraph graph = candidate.graph();
    WeightRounding rounding =
        WeightRounding.of(graph, Int8Plan.of(graph, Set.of()), images.calibration());
    Candidate rounded = candidate.with(rounding);
    return nearest(Calibrator.all().stream().map(rounded::with).toList());
  }

  /** The one with the least error, of equal ones the first. */
  private Candidate nearest(List<Candidate> candidates) {
    Candidate best = candidates.get(0);
    double min = Double.POSITIVE_INFINITY;
    for (Candidate candidate : candidates) {
      double error = error(candidate);
      if (error < min) {
        min = error;
        best = candidate;
      }
    }
    return best;
  }

  private Observations observe(OnnxGraph graph) {
    Int8Plan plan = Int8Plan.of(graph, Set.of());
    return Observations.of(graph, plan.quantizedValues(), images.calibration());
  }

  /** All calibrators without, then the best one with bias correction; the plainer wins a tie. */
  private Candidate bestRanges(OnnxGraph graph, Observations seen, String repair) {
    Candidate best =
        new Candidate(graph, seen, repair, new MinMax(), WeightRounding.NEAREST, false);
    double min = error(best);
    for (Calibrator calibrator : Calibrator.all()) {
      Candidate candidate = best.with(calibrator);
      double error = calibrator instanceof MinMax ? min : error(candidate);
      if (error < min) {
        min = error;
        best = candidate;
      }
    }
    Candidate corrected = best.withCorrectedBias();
    return error(corrected) < min ? corrected : best;
  }

  private double error(Candidate candidate) {
    return reference.drift(candidate.build(Set.of()), CHOOSING_IMAGES).relativeError();
  }

  private LayerSearch.Trial trial(Candidate candidate, PlanCost cost) {
    return new LayerSearch.Trial() {
      @Override
      public Verdict judge(Set<String> keptFloat) {
        return guard.judge(candidate.build(keptFloat));
      }

      @Override
      public double harm(Set<String> keptFloat) {
        return reference.drift(candidate.build(keptFloat), RANKING_IMAGES).relativeError();
      }

      @Override
      public double micros(Set<String> keptFloat) {
        return cost.micros(keptFloat);
      }
    };
  }

  /** Refuses what breaks a promise: the answers', or that of integers at all. */
  private void require(WeightedLayers layers, LayerSearch.Found found, Limits limits) {
    Verdict verdict = found.verdict();
    if (found.curve().size() > 1) {
      found.curve().forEach(point -> log.accept("int8: curve: " + point.words()));
    }
    if (verdict.passes() && layers.onIntegers() > 0) {
      return;
    }
    String held =
        verdict.loss().isPresent()
            ? String.format(Locale.ROOT, "--max-drop %s", points(limits.maxDrop()))
            : String.format(
                Locale.ROOT,
                "at least %.0f %% of the clear answers and at most %.0f %% of the margin",
                100 * Drift.MIN_CLEAR_AGREEMENT,
                100 * Drift.MAX_MARGIN_NOISE);
    String best =
        "the best that was found has %s: %s, where %s is asked for"
            .formatted(layers.words(), verdict.words(), held);
    if (limits.force()) {
      log.accept(
          "warning: int8 does not hold what it promises, and is written by --force: " + best);
      return;
    }
    throw Failure.gate(
        "int8 does not hold what it promises: %s; nothing is written: give more --calibration"
            + " images or a greater --max-drop, write it all the same with --force, or leave"
            + " --quantize int8 out",
        best);
  }

  /** As {@code --max-drop} is given: 0.5. */
  private static String points(double share) {
    return BigDecimal.valueOf(Math.round(share * 1e8) / 1e6).stripTrailingZeros().toPlainString();
  }

  /**
   * What runs on floats.
   *
   * @param named each layer that was meant to be int8, or could not be, by its name
   */
  private record Described(
      WeightedLayers layers, Map<String, Fallback> named, List<Fallback> fallbacks) {}

  private Described describe(OnnxGraph graph, Int8Plan plan, Set<String> kept, FusionLint lint) {
    Map<String, Fallback> named = new LinkedHashMap<>();
    String what = guard.scoring().several() ? "labels" : "argmax";
    for (String name : kept) {
      String reason = "int8 changed the %s of too many held-out images".formatted(what);
      named.put(name, new Fallback(name, reason));
    }
    for (String name : lint.unfused()) {
      named.put(name, new Fallback(name, "ONNX Runtime runs it on floats between integers"));
    }
    for (String name : lint.rounded()) {
      log.accept(
          "warning: %s was to stay float, and ONNX Runtime rounds its weights itself, with one scale for all"
              .formatted(name));
    }
    Map<String, Fallback> planned = FloatLayers.of(graph, plan);
    List<Fallback> fallbacks = new ArrayList<>(named.values());
    fallbacks.addAll(FloatLayers.counted(planned.values()));
    planned.forEach(named::putIfAbsent);
    return new Described(WeightedLayers.of(fp32, named.keySet()), named, fallbacks);
  }

  private Quantized finished(
      OnnxGraph result, String label, LayerSearch.Found found, Described described) {
    Verdict verdict = found.verdict();
    log.accept(
        "int8: %s, ranges by %s, %s".formatted(described.layers().words(), label, verdict.words()));
    described.layers().sayFloats("int8", described.named(), log);
    Latency latency = Latency.of(fp32, result, images.calibration());
    Quantized.sayLatency("int8", latency, log);
    double noise =
        Math.max(reference.drift(result).maxAbsDifference(), guard.maxAbsDifference(result));
    ModelCard.Quantization record =
        new ModelCard.Quantization(
            METHOD,
            label,
            images.calibration().count(),
            images.calibration().sha256(),
            noise,
            described.fallbacks());
    return new Quantized(
        result,
        record,
        Optional.of(described.layers()),
        verdict.agreement(),
        Optional.of(verdict),
        found.curve(),
        latency);
  }
}
