package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Static int8 as QuantizeLinear/DequantizeLinear, for ONNX Runtime on the CPU: uint8 activations
 * with a zero point, int8 weights with a scale for each output channel, int32 biases.
 *
 * <p>Nothing is taken on trust: the ranges' rule is the one whose logits came nearest to the float
 * model's on the calibration images, layers go back to float while the answers differ too often,
 * and ONNX Runtime's own optimized graph tells which layers really run on integers.
 */
public final class StaticInt8 {
  /** As the model card says it. */
  public static final String METHOD = "int8-static-qdq";

  /** How far the answers to calibration images must agree: {@link Drift#agreement}. */
  public static final double MIN_AGREEMENT = 0.99;

  /** So many images tell one calibrator from another. */
  private static final int CHOOSING_IMAGES = 64;

  private final OnnxGraph fp32;
  private final OnnxGraph graph;
  private final Observations seen;
  private final Reference reference;
  private final CalibrationSet images;
  private final Consumer<String> log;

  private StaticInt8(
      OnnxGraph fp32,
      OnnxGraph graph,
      Observations seen,
      Reference reference,
      CalibrationSet images,
      Consumer<String> log) {
    this.fp32 = fp32;
    this.graph = graph;
    this.seen = seen;
    this.reference = reference;
    this.images = images;
    this.log = log;
  }

  /**
   * Quantizes a float32 graph: BatchNormalization in the convolutions where it can be, global means
   * as GlobalAveragePool. The same graph and images give the same bytes.
   *
   * @param scoring what the outputs are made to
   * @param log gets lines of progress and warnings
   */
  public static Quantized quantize(
      OnnxGraph fp32, CalibrationSet images, Scoring scoring, Consumer<String> log) {
    OnnxGraph graph = NormalizeForInt8.of(fp32);
    Int8Plan plan = Int8Plan.of(graph, Set.of());
    if (plan.layers().isEmpty()) {
      throw Failure.unsupported(
          "--quantize int8 finds nothing to compute on integers: no layer has a weight and enough"
              + " work for each output; leave it out, or give --quantize fp16");
    }
    Observations seen = Observations.of(graph, plan.quantizedValues(), images);
    Reference reference = Reference.of(fp32, images, scoring);
    StaticInt8 int8 = new StaticInt8(fp32, graph, seen, reference, images, log);
    Choice choice = int8.chooseCalibrator(plan);
    Set<String> kept =
        AccuracyGuard.keepFloat(
            plan.layers(),
            MIN_AGREEMENT,
            (floats, atMost) -> reference.drift(int8.build(floats, choice), atMost),
            log);
    OnnxGraph result = int8.build(kept, choice);
    Int8Plan finalPlan = Int8Plan.of(graph, kept);
    FusionLint lint = FusionLint.of(result, finalPlan.layers());
    Latency latency = Latency.of(fp32, result, images);
    return int8.describe(result, choice, finalPlan, kept, lint, latency);
  }

  /** How ranges are set, and whether the weights' rounding is put into the biases. */
  private record Choice(Calibrator calibrator, Map<String, Range> ranges, boolean correctBias) {
    String label() {
      return calibrator.label() + (correctBias ? " + bias correction" : "");
    }
  }

  /** All calibrators without, then the best one with bias correction; the plainer wins a tie. */
  private Choice chooseCalibrator(Int8Plan plan) {
    Choice best = choice(new MinMax());
    double least = error(plan, best);
    for (Calibrator calibrator : Calibrator.all()) {
      Choice choice = choice(calibrator);
      double error = error(plan, choice);
      if (error < least) {
        least = error;
        best = choice;
      }
    }
    Choice corrected = new Choice(best.calibrator(), best.ranges(), true);
    return error(plan, corrected) < least ? corrected : best;
  }

  private Choice choice(Calibrator calibrator) {
    return new Choice(calibrator, seen.ranges(calibrator), false);
  }

  private double error(Int8Plan plan, Choice choice) {
    return reference.drift(build(plan, choice), CHOOSING_IMAGES).relativeError();
  }

  private OnnxGraph build(Set<String> keptFloat, Choice choice) {
    return build(Int8Plan.of(graph, keptFloat), choice);
  }

  private OnnxGraph build(Int8Plan plan, Choice choice) {
    Map<String, QuantParams> params = ChooseParams.of(graph, plan, choice.ranges());
    Map<String, float[]> biases =
        choice.correctBias() ? BiasCorrection.of(graph, plan, seen, params) : Map.of();
    return InsertQdq.of(graph, plan, params, biases);
  }

  private Quantized describe(
      OnnxGraph result,
      Choice choice,
      Int8Plan plan,
      Set<String> kept,
      FusionLint lint,
      Latency latency) {
    Drift drift = reference.drift(result);
    Map<String, Fallback> named = new LinkedHashMap<>();
    String what = drift.scoring().several() ? "labels" : "argmax";
    for (String name : kept) {
      String reason = "int8 changed the %s of too many calibration images".formatted(what);
      named.put(name, new Fallback(name, reason));
    }
    for (String name : lint.unfused()) {
      named.put(name, new Fallback(name, "ONNX Runtime runs it on floats between integers"));
    }
    Map<String, Fallback> planned = FloatLayers.of(graph, plan);
    List<Fallback> fallbacks = new ArrayList<>(named.values());
    fallbacks.addAll(FloatLayers.counted(planned.values()));
    planned.forEach(named::putIfAbsent);
    WeightedLayers layers = WeightedLayers.of(fp32, named.keySet());
    log.accept(
        "int8: %s, ranges by %s, %s images"
            .formatted(layers.words(), choice.label(), drift.words()));
    layers.sayFloats("int8", named, log);
    Quantized.sayLatency("int8", latency, log);
    ModelCard.Quantization record =
        new ModelCard.Quantization(
            METHOD,
            choice.label(),
            images.count(),
            images.sha256(),
            drift.maxAbsDifference(),
            fallbacks);
    return new Quantized(result, record, Optional.of(layers), drift.agreement(), latency);
  }
}
