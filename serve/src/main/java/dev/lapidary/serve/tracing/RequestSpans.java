package dev.lapidary.serve.tracing;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.inference.ModelStatistics.Stages;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A span of each request that is answered, and in it one of each of its stages, sent to a collector
 * by OTLP over HTTP. All that OpenTelemetry's SDK reads from the environment ({@code OTEL_…})
 * holds. Spans are kept and sent by a thread of the SDK's; where the collector does not keep up
 * they are dropped, and no answer waits. Names are those of the semantic conventions for HTTP and
 * RPC servers (opentelemetry.io/docs/specs/semconv). Thread-safe.
 */
public final class RequestSpans implements AutoCloseable {
  private static final long LAST_SPANS_SECONDS = 5;
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("lapidary.model.name");
  private static final AttributeKey<String> VERSION =
      AttributeKey.stringKey("lapidary.model.version");
  private static final AttributeKey<String> ID = AttributeKey.stringKey("lapidary.request.id");
  private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("client.address");
  private static final AttributeKey<String> AGENT = AttributeKey.stringKey("user_agent.original");

  /** Of gRPC, by the conventions; what the client did wrong is none of the server's errors. */
  private static final Set<String> FAILED =
      Set.of(
          "UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS");

  /** The SDK's own default is gRPC, for which it needs another HTTP client. */
  private static final Map<String, String> DEFAULTS =
      Map.of("otel.service.name", "lapidary-serve", "otel.exporter.otlp.protocol", "http/protobuf");

  private static final TextMapGetter<Function<String, @Nullable String>> HEADERS =
      (headers, name) -> headers == null ? null : headers.apply(name);

  /** It says before an error that there is one; held, since loggers that nobody holds forget. */
  private static final Logger QUIET =
      Logger.getLogger(AutoConfiguredOpenTelemetrySdk.class.getPackageName());

  private final OpenTelemetrySdk sdk;
  private final Tracer tracer;
  private final TextMapPropagator propagator;

  private RequestSpans(OpenTelemetrySdk sdk) {
    this.sdk = sdk;
    this.tracer = sdk.getTracer("dev.lapidary.serve");
    this.propagator = sdk.getPropagators().getTextMapPropagator();
  }

  /**
   * @param endpoint of the collector, to which {@code /v1/traces} is added; what the environment
   *     says otherwise
   * @throws Failure (exit 2) if the environment's variables make no sense
   */
  public static RequestSpans toCollector(Optional<URI> endpoint) {
    QUIET.setLevel(Level.WARNING);
    try {
      return new RequestSpans(
          AutoConfiguredOpenTelemetrySdk.builder()
              .disableShutdownHook() // hooks run beside each other; the server closes it
              .addPropertiesSupplier(() -> DEFAULTS)
              .addPropertiesCustomizer(read -> told(endpoint))
              .build()
              .getOpenTelemetrySdk());
    } catch (ConfigurationException | IllegalArgumentException | IllegalStateException e) {
      throw Failure.badInput(
          "OpenTelemetry refuses its configuration: %s; expected OTEL_… variables of its SDK, with"
              + " OTLP over http/protobuf",
          Failure.reason(e));
    }
  }

  /** Over the environment. The server measures by itself, and sends spans alone. */
  private static Map<String, String> told(Optional<URI> endpoint) {
    Map<String, String> told = new HashMap<>();
    told.put("otel.metrics.exporter", "none");
    told.put("otel.logs.exporter", "none");
    endpoint.ifPresent(
        collector ->
            told.put(
                "otel.exporter.otlp.traces.endpoint",
                collector.toString().replaceFirst("/+$", "") + "/v1/traces"));
    return told;
  }

  /**
   * @param header of the request by its name, in lower case
   * @return its trace, in which it has the caller's or begins one: 32 hexadecimal digits
   */
  public String answered(TracedRequest request, Function<String, @Nullable String> header) {
    // The clock of the intervals has no date, and that of dates may be set: both are read now.
    long toEpoch = epochNanos() - System.nanoTime();
    long endNanos = System.nanoTime();
    Context caller = propagator.extract(Context.root(), header, HEADERS);
    Span span =
        start(request)
            .setParent(caller)
            .setStartTimestamp(request.beganNanos() + toEpoch, TimeUnit.NANOSECONDS)
            .startSpan();
    request.worked().ifPresent(worked -> stages(worked, span, toEpoch));
    if (failed(request.transport())) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end(endNanos + toEpoch, TimeUnit.NANOSECONDS);
    return span.getSpanContext().getTraceId();
  }

  private static long epochNanos() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }

  private SpanBuilder start(TracedRequest request) {
    SpanBuilder span =
        request.transport() instanceof TracedRequest.Http http
            ? http(http)
            : grpc((TracedRequest.Grpc) request.transport());
    span.setSpanKind(SpanKind.SERVER).setAttribute(ID, request.id());
    if (!request.client().isEmpty()) {
      span.setAttribute(CLIENT, request.client());
    }
    request.userAgent().ifPresent(agent -> span.setAttribute(AGENT, agent));
    request.worked().ifPresent(worked -> span.setAllAttributes(model(worked)));
    return span;
  }

  private SpanBuilder http(TracedRequest.Http http) {
    String name = http.method() + http.route().map(route -> " " + route).orElse("");
    SpanBuilder span =
        tracer
            .spanBuilder(name)
            .setAttribute("http.request.method", http.method())
            .setAttribute("url.path", http.path())
            .setAttribute("url.scheme", http.scheme())
            .setAttribute("network.protocol.version", http.version())
            .setAttribute("http.response.status_code", http.status());
    http.route().ifPresent(route -> span.setAttribute("http.route", route));
    return failed(http) ? span.setAttribute("error.type", Integer.toString(http.status())) : span;
  }

  private SpanBuilder grpc(TracedRequest.Grpc call) {
    int slash = call.method().lastIndexOf('/');
    SpanBuilder span =
        tracer
            .spanBuilder(call.method())
            .setAttribute("rpc.system", "grpc")
            .setAttribute("rpc.service", call.method().substring(0, Math.max(0, slash)))
            .setAttribute("rpc.method", call.method().substring(slash + 1))
            .setAttribute("rpc.response.status_code", call.status());
    return failed(call) ? span.setAttribute("error.type", call.status()) : span;
  }

  private static boolean failed(TracedRequest.Transport transport) {
    return transport instanceof TracedRequest.Http http
        ? http.status() >= 500
        : FAILED.contains(((TracedRequest.Grpc) transport).status());
  }

  private static Attributes model(Worked worked) {
    return Attributes.of(MODEL, worked.model().name(), VERSION, worked.model().version());
  }

  /** As {@code Server-Timing} says them; of several images the longest. */
  private void stages(Worked worked, Span request, long toEpoch) {
    Stages stages = worked.stages();
    long end = worked.endNanos() + toEpoch;
    long began = end - stages.input() - stages.queue() - stages.infer() - stages.output();
    long decoded = began + stages.input();
    long queued = decoded + stages.queue();
    stage("decode", began, decoded, worked, request);
    stage("queue", decoded, queued, worked, request);
    stage("run", queued, queued + stages.infer(), worked, request);
  }

  private void stage(String name, long fromNanos, long toNanos, Worked worked, Span request) {
    tracer
        .spanBuilder(name)
        .setParent(Context.root().with(request))
        .setAllAttributes(model(worked))
        .setStartTimestamp(fromNanos, TimeUnit.NANOSECONDS)
        .startSpan()
        .end(toNanos, TimeUnit.NANOSECONDS);
  }

  /** Sends what is kept, for some seconds at the most. */
  @Override
  public void close() {
    sdk.shutdown().join(LAST_SPANS_SECONDS, TimeUnit.SECONDS);
  }
}
