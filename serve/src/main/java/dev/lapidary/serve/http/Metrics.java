package dev.lapidary.serve.http;

import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.admission.PriorityCounts;
import dev.lapidary.serve.inference.ModelStatistics;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The server's measurements for Prometheus. Those of models mean what Triton's metrics of the same
 * words mean, in seconds; requests and waiting are histograms too, since sums tell no percentile.
 */
final class Metrics implements AutoCloseable {
  private static final String PREFIX = "lapidary.inference.";

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
    FunctionCounter.builder("lapidary.unauthorized", requests, RequestCounts::withoutKey)
        .description("requests without an API key that is known")
        .register(registry);
    gauge("open.requests", "received and not answered", requests, r -> r.snapshot().open());
    gauge("held.images", "accepted and not answered", admission, a -> a.held().images());
    gauge("held.bytes", "of bodies, come and not answered", admission, a -> a.held().bytes());
  }

  private void outcome(
      RequestCounts requests, String outcome, ToDoubleFunction<RequestCounts.Snapshot> count) {
    FunctionCounter.builder("lapidary.requests", requests, r -> count.applyAsDouble(r.snapshot()))
        .description("requests to /predict and to infer, by what became of them")
        .tag("outcome", outcome)
        .register(registry);
  }

  private <T> void gauge(String name, String what, T of, ToDoubleFunction<T> value) {
    Gauge.builder("lapidary." + name, of, value).description(what).register(registry);
  }

  /** By priority, from 1 to so many. */
  PriorityCounts priorities(int levels) {
    List<LongConsumer> durations = new ArrayList<>();
    for (int level = 1; level <= levels; level++) {
      Timer timer =
          histogram(
              "lapidary.priority.request.duration",
              "from a request's admission until nothing worked for it any more",
              priority(level));
      durations.add(nanos -> timer.record(nanos, TimeUnit.NANOSECONDS));
    }
    PriorityCounts counts = new PriorityCounts(durations);
    for (int level = 1; level <= levels; level++) {
      int own = level;
      FunctionCounter.builder("lapidary.priority.images", counts, c -> c.imagesOf(own))
          .description("images, or rows, that were admitted")
          .tags(priority(level))
          .register(registry);
      FunctionCounter.builder("lapidary.priority.refused", counts, c -> c.refusedOf(own))
          .description("requests that found no room or no time")
          .tags(priority(level))
          .register(registry);
    }
    return counts;
  }

  /** What is held of each priority, from 1 to so many. */
  void watch(int levels, Admission admission) {
    for (int level = 1; level <= levels; level++) {
      int own = level;
      Gauge.builder("lapidary.priority.held.images", admission, a -> a.imagesOf(own))
          .description("images, or rows, that are admitted and not answered")
          .tags(priority(level))
          .register(registry);
      Gauge.builder("lapidary.priority.held.pixels", admission, a -> a.pixelsOf(own))
          .description("of these, that are not decoded yet")
          .tags(priority(level))
          .register(registry);
    }
  }

  private static Tags priority(int level) {
    return Tags.of("priority", Integer.toString(level));
  }

  /** Of one version, measured from now on. */
  ModelStatistics statistics(ModelId id) {
    Tags tags = Tags.of("model", id.name(), "version", id.version());
    Timer requests = timer("request.duration", "of successful requests, until answered", tags);
    Timer queue = timer("queue.duration", "that successful requests waited for a run", tags);
    ModelStatistics own =
        new ModelStatistics(
            nanos -> requests.record(nanos, TimeUnit.NANOSECONDS),
            nanos -> queue.record(nanos, TimeUnit.NANOSECONDS));
    count(own, tags, "request.success", "requests answered", s -> s.success().count());
    count(own, tags, "request.failure", "requests not answered", s -> s.fail().count());
    count(own, tags, "count", "images, or rows, that ran", Snapshot::inferences);
    count(own, tags, "exec.count", "runs of the network", Snapshot::executions);
    count(
        own,
        tags,
        "compute.input.duration.seconds",
        "decoding",
        s -> s.computeInput().nanos() / 1e9);
    count(
        own,
        tags,
        "compute.infer.duration.seconds",
        "running",
        s -> s.computeInfer().nanos() / 1e9);
    count(
        own,
        tags,
        "compute.output.duration.seconds",
        "answering",
        s -> s.computeOutput().nanos() / 1e9);
    return own;
  }

  /** Of a model's shadow. */
  ShadowCounts shadow(ShadowRoute route) {
    Tags tags = Tags.of("model", route.name(), "shadow", route.target());
    String name = "lapidary.shadow.run.duration";
    String what = "of the runs that the same images were in";
    Timer ofModel = histogram(name, what, tags.and("of", "model"));
    Timer ofShadow = histogram(name, what, tags.and("of", "shadow"));
    ShadowCounts own =
        new ShadowCounts(
            nanos -> ofModel.record(nanos, TimeUnit.NANOSECONDS),
            nanos -> ofShadow.record(nanos, TimeUnit.NANOSECONDS));
    for (ShadowCounts.Fate fate : ShadowCounts.Fate.values()) {
      FunctionCounter.builder("lapidary.shadow.images", own, counts -> counts.of(fate))
          .description("images that the model answered, by what became of their copies")
          .tags(tags.and("outcome", fate.name().toLowerCase(Locale.ROOT)))
          .register(registry);
    }
    return own;
  }

  private Timer timer(String name, String what, Tags tags) {
    return histogram(PREFIX + name, what, tags);
  }

  private Timer histogram(String name, String what, Tags tags) {
    return Timer.builder(name)
        .description("time " + what)
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private void count(
      ModelStatistics of, Tags tags, String name, String what, ToDoubleFunction<Snapshot> value) {
    FunctionCounter.builder(PREFIX + name, of, s -> value.applyAsDouble(s.snapshot()))
        .description(what)
        .tags(tags)
        .register(registry);
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
