package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
 * model's on the calibration images, layers go back to float until the {@link Guard} passes the
 * rest on images of its own, and ONNX Runtime's own optimized graph tells which layers really run
 * on integers.
 */
public final class StaticInt8 {
  /** As the model card says it. */
  public static final String METHOD = "int8-static-qdq";

  /** Ranking runs the model once a layer; so many images tell the worst layers from the others. */
  private static final int RANKING_IMAGES = 32;

  private final OnnxGraph fp32;
  private final Reference reference;
  private final Guard guard;
  private final Int8Images images;
  private final Limits limits;
  private final Consumer<String> log;

  private StaticInt8(
      OnnxGraph fp32, Int8Images images, Scoring scoring, Limits limits, Consumer<String> log) {
    this.fp32 = fp32;
    this.reference = Reference.of(fp32, images.calibration(), scoring);
    this.guard =
        new Guard(Reference.of(fp32, images.guard(), scoring), images.labels(), limits.maxDrop());
    this.images = images;
    this.limits = limits;
    this.log = log;
  }

  /**
   * Quantizes a float32 graph: BatchNormalization in the convolutions where it can be, global means
   * as GlobalAveragePool. The same graph and images give the same bytes.
   *
   * @param scoring what the outputs are made to
   * @param detailed whether {@link Quantized#details} is to be there, which takes its time
   * @param log gets lines of progress and warnings
   * @throws Failure (exit 3) if nothing that computes on integers passes the guard, and it is not
   *     forced; (exit 4) if the network has nothing that could
   */
  static Quantized quantize(
      OnnxGraph fp32,
      Int8Images images,
      Scoring scoring,
      Limits limits,
      boolean detailed,
      Consumer<String> log) {
    OnnxGraph graph = NormalizeForInt8.of(fp32);
    List<OnnxNode> layers = Int8Form.of(limits.target(), graph, Set.of()).layers();
    requireSome(
        layers,
        "--quantize int8 finds nothing to compute on integers: no layer has a weight and enough"
            + " work for each output; leave it out, or give --quantize fp16");
    StaticInt8 int8 = new StaticInt8(fp32, images, scoring, limits, log);
    Builds best =
        new CandidateSearch(int8.reference, images.calibration(), limits.target()).best(graph);
    PlanCost cost =
        PlanCost.of(best.floats(), limits.costs(), limits.target(), images.calibration());
    Set<String> slower =
        limits.target() == Target.WEB ? WebLayers.onFloats(best.floats(), layers, cost) : Set.of();
    List<OnnxNode> faster =
        layers.stream().filter(layer -> !slower.contains(layer.name())).toList();
    requireSome(
        faster,
        "--target web finds nothing that onnxruntime-web computes faster on integers: its depthwise"
            + " convolutions and matrix products are slower so, and what lies between them costs more in"
            + " conversions than it saves; leave --quantize out, or give --target cpu for the size");
    LayerSearch.Trial trial = int8.trial(best, cost, slower);
    LayerSearch.Found found = LayerSearch.of(faster, trial, log);
    OnnxGraph result = best.of(union(slower, found.keptFloat()));
    Described described = int8.describe(best.floats(), slower, found.keptFloat(), result);
    int8.require(described.layers(), found);
    String by = found.curve().size() > 1 ? ", layers by costs " + limits.costs().hash() : "";
    Optional<Int8Details> details =
        detailed ? Optional.of(int8.details(result, faster, trial, found)) : Optional.empty();
    return int8.finished(result, best.candidate().label() + by, found, described, details);
  }

  private static void requireSome(List<OnnxNode> layers, String message) {
    if (layers.stream().noneMatch(layer -> layer.is("Conv", "Gemm", "MatMul"))) {
      throw Failure.unsupported("%s", message);
    }
  }

  private static Set<String> union(Set<String> some, Set<String> more) {
    Set<String> all = new LinkedHashSet<>(some);
    all.addAll(more);
    return all;
  }

  private LayerSearch.Trial trial(Builds builds, PlanCost cost, Set<String> slower) {
    return new LayerSearch.Trial() {
      @Override
      public Verdict judge(Set<String> keptFloat) {
        return guard.judge(builds.of(union(slower, keptFloat)));
      }

      @Override
      public double harm(Set<String> keptFloat) {
        return reference.drift(builds.of(union(slower, keptFloat)), RANKING_IMAGES).relativeError();
      }

      @Override
      public double micros(Set<String> keptFloat) {
        return cost.micros(union(slower, keptFloat));
      }
    };
  }

  /** Refuses what breaks a promise: the answers', or that of integers at all. */
  private void require(WeightedLayers layers, LayerSearch.Found found) {
    Verdict verdict = found.verdict();
    if (found.curve().size() > 1) {
      found.curve().forEach(point -> log.accept("int8: curve: " + point.words()));
    }
    if (verdict.passes() && layers.onIntegers() > 0) {
      return;
    }
    String held = Guard.asked(verdict.loss(), limits.maxDrop());
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

  /**
   * What runs on floats.
   *
   * @param named each layer that was meant to be int8, or could not be, by its name
   */
  private record Described(
      WeightedLayers layers, Map<String, Fallback> named, List<Fallback> fallbacks) {}

  private Described describe(
      OnnxGraph graph, Set<String> slower, Set<String> kept, OnnxGraph written) {
    Int8Form form = Int8Form.of(limits.target(), graph, union(slower, kept));
    Map<String, Fallback> named = new LinkedHashMap<>();
    String what = reference.scoring().several() ? "labels" : "argmax";
    for (String name : kept) {
      String reason = "int8 changed the %s of too many held-out images".formatted(what);
      named.put(name, new Fallback(name, reason));
    }
    for (String name : form.rounded(written)) {
      log.accept(
          "warning: %s was to stay float, and ONNX Runtime rounds its weights itself, with one scale for all"
              .formatted(name));
    }
    for (OnnxNode node : graph.nodes()) {
      if (slower.contains(node.name())) {
        named.put(node.name(), new Fallback(node.op(), WebLayers.REASON));
      }
    }
    form.floats(written).forEach(named::putIfAbsent);
    List<Fallback> fallbacks = new ArrayList<>();
    List<Fallback> counted = new ArrayList<>();
    named.forEach(
        (name, fallback) -> (fallback.layer().equals(name) ? fallbacks : counted).add(fallback));
    fallbacks.addAll(FloatLayers.counted(counted));
    return new Described(WeightedLayers.of(fp32, named.keySet()), named, fallbacks);
  }

  private Quantized finished(
      OnnxGraph result,
      String label,
      LayerSearch.Found found,
      Described described,
      Optional<Int8Details> details) {
    Verdict verdict = found.verdict();
    log.accept(
        "int8: %s, ranges by %s, %s".formatted(described.layers().words(), label, verdict.words()));
    described.layers().sayFloats("int8", described.named(), log);
    Latency latency = Latency.of(fp32, result, images.calibration());
    Quantized.sayLatency("int8", latency, log);
    double noise = Math.max(reference.drift(result).maxAbsDifference(), verdict.maxAbsDifference());
    ModelCard.Quantization record =
        new ModelCard.Quantization(
            METHOD,
            label,
            images.calibration().count(),
            images.calibration().sha256(),
            noise,
            described.fallbacks(),
            limits.target().toString());
    return new Quantized(
        result,
        record,
        Optional.of(described.layers()),
        verdict.agreement(),
        Optional.of(verdict),
        found.curve(),
        latency,
        details);
  }

  private Int8Details details(
      OnnxGraph result, List<OnnxNode> layers, LayerSearch.Trial trial, LayerSearch.Found found) {
    log.accept("int8: report: %d layers and four files are measured".formatted(layers.size()));
    List<LayerHarm> harms = LayerSearch.harms(layers, trial, found);
    return new Int8Details(
        SideBySide.of(fp32, result, guard, images.calibration()),
        harms,
        LayerSearch.curve(harms, trial, found),
        FusionLint.of(result, List.of()).operators());
  }
}
