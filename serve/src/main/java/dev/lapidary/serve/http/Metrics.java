package dev.lapidary.serve.http;

import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.admission.PriorityCounts;
import dev.lapidary.serve.inference.ModelStatistics;
import dev.lapidary.serve.inference.ModelStatistics.Count;
import dev.lapidary.serve.inference.ModelStatistics.Snapshot;
import dev.lapidary.serve.repository.ModelId;
import dev.lapidary.serve.repository.ShadowRoute;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The server's measurements for Prometheus. Those of models mean what Triton's metrics of the same
 * words mean, in seconds; requests and waiting are histograms too, since sums tell no percentile.
 */
final class Metrics implements AutoCloseable {
  private static final String PREFIX = "lapidary.";

  /** From a small network's time to the longest deadline. */
  private static final Duration[] BUCKETS =
      Stream.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  Metrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  /** What became of all requests, and what is held for those that are not answered. */
  void watch(RequestCounts requests, Admission admission) {
    outcome(requests, "predictions", RequestCounts.Snapshot::classified);
    outcome(requests, "refused", RequestCounts.Snapshot::refused);
    outcome(requests, "late", RequestCounts.Snapshot::late);
    outcome(requests, "gone", RequestCounts.Snapshot::gone);
    outcome(requests, "failed", RequestCounts.Snapshot::failed);
    String withoutKey = "requests without an API key that is known";
    count("unauthorized", withoutKey, Tags.empty(), requests, RequestCounts::withoutKey);
    String open = "received and not answered";
    gauge("open.requests", open, Tags.empty(), requests, r -> r.snapshot().open());
    String images = "accepted and not answered";
    gauge("held.images", images, Tags.empty(), admission, a -> a.held().images());
    String bytes = "of bodies, come and not answered";
    gauge("held.bytes", bytes, Tags.empty(), admission, a -> a.held().bytes());
  }

  private void outcome(
      RequestCounts requests, String outcome, ToDoubleFunction<RequestCounts.Snapshot> value) {
    String what = "requests to /predict and to infer, by what became of them";
    Tags tags = Tags.of("outcome", outcome);
    count("requests", what, tags, requests, r -> value.applyAsDouble(r.snapshot()));
  }

  /** By priority, from 1 to so many. */
  PriorityCounts priorities(int levels) {
    String took = "from a request's admission until nothing worked for it any more";
    PriorityCounts counts =
        new PriorityCounts(
            IntStream.rangeClosed(1, levels)
                .mapToObj(level -> time("priority.request.duration", took, priority(level)))
                .toList());
    for (int level = 1; level <= levels; level++) {
      int own = level;
      Tags tags = priority(level);
      String images = "images, or rows, that were admitted";
      count("priority.images", images, tags, counts, c -> c.imagesOf(own));
      String refused = "requests that found no room or no time";
      count("priority.refused", refused, tags, counts, c -> c.refusedOf(own));
    }
    return counts;
  }

  /** What is held of each priority, from 1 to so many. */
  void watch(int levels, Admission admission) {
    for (int level = 1; level <= levels; level++) {
      int own = level;
      Tags tags = priority(level);
      String images = "images, or rows, that are admitted and not answered";
      gauge("priority.held.images", images, tags, admission, a -> a.imagesOf(own));
      String pixels = "of these, that are not decoded yet";
      gauge("priority.held.pixels", pixels, tags, admission, a -> a.pixelsOf(own));
    }
  }

  private static Tags priority(int level) {
    return Tags.of("priority", Integer.toString(level));
  }

  /** Of one version, measured from now on. */
  ModelStatistics statistics(ModelId id) {
    Tags tags = Tags.of("model", id.name(), "version", id.version());
    ModelStatistics own =
        new ModelStatistics(
            time("inference.request.duration", "of successful requests, until answered", tags),
            time("inference.queue.duration", "that successful requests waited for a run", tags));
    count(own, tags, "request.success", "requests answered", s -> s.success().count());
    count(own, tags, "request.failure", "requests not answered", s -> s.fail().count());
    count(own, tags, "count", "images, or rows, that ran", Snapshot::inferences);
    count(own, tags, "exec.count", "runs of the network", Snapshot::executions);
    seconds(own, tags, "input", "decoding", Snapshot::computeInput);
    seconds(own, tags, "infer", "running", Snapshot::computeInfer);
    seconds(own, tags, "output", "answering", Snapshot::computeOutput);
    return own;
  }

  private void seconds(
      ModelStatistics of, Tags tags, String stage, String what, Function<Snapshot, Count> value) {
    String name = "compute." + stage + ".duration.seconds";
    count(of, tags, name, what, s -> value.apply(s).nanos() / 1e9);
  }

  private void count(
      ModelStatistics of, Tags tags, String name, String what, ToDoubleFunction<Snapshot> value) {
    count("inference." + name, what, tags, of, s -> value.applyAsDouble(s.snapshot()));
  }

  /** Of a model's shadow. */
  ShadowCounts shadow(ShadowRoute route) {
    Tags tags = Tags.of("model", route.name(), "shadow", route.target());
    String took = "of the runs that the same images were in";
    ShadowCounts own =
        new ShadowCounts(
            time("shadow.run.duration", took, tags.and("of", "model")),
            time("shadow.run.duration", took, tags.and("of", "shadow")));
    String images = "images that the model answered, by what became of their copies";
    for (ShadowCounts.Fate fate : ShadowCounts.Fate.values()) {
      Tags fates = tags.and("outcome", fate.name().toLowerCase(Locale.ROOT));
      count("shadow.images", images, fates, own, counts -> counts.of(fate));
    }
    return own;
  }

  private <T> void gauge(String name, String what, Tags tags, T of, ToDoubleFunction<T> value) {
    Gauge.builder(PREFIX + name, of, value).description(what).tags(tags).register(registry);
  }

  private <T> void count(String name, String what, Tags tags, T of, ToDoubleFunction<T> value) {
    FunctionCounter.builder(PREFIX + name, of, value)
        .description(what)
        .tags(tags)
        .register(registry);
  }

  /** A histogram, which is told nanoseconds. */
  private LongConsumer time(String name, String what, Tags tags) {
    Timer timer =
        Timer.builder(PREFIX + name)
            .description("time " + what)
            .tags(tags)
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** In Prometheus' text format, version 0.0.4. */
  String text() {
    return registry.scrape();
  }

  @Override
  public void close() {
    registry.close();
  }
}
