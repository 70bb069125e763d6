package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Filter;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.time.Instant;
import java.util.Optional;

/** Gives each request its id, says it in the answer, and tells the access log and the collector. */
@ServerFilter(Filter.MATCH_ALL_PATTERN)
final class AccessFilter implements Ordered {
  private static final String TRACE = "lapidary.trace";

  private final ServerState state;

  AccessFilter(ServerState state) {
    this.state = state;
  }

  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE; // a filter sees the answers of those behind it
  }

  @RequestFilter
  void begin(HttpRequest<?> request) {
    request.setAttribute(TRACE, trace(request));
  }

  private static RequestTrace trace(HttpRequest<?> request) {
    HttpHeaders headers = request.getHeaders();
    return RequestTrace.of(headers.get(RequestTrace.ID), headers.get(RequestTrace.PARENT));
  }

  @ResponseFilter
  void end(HttpRequest<?> request, MutableHttpResponse<?> response) {
    RequestTrace trace =
        request.getAttribute(TRACE, RequestTrace.class).orElseGet(() -> trace(request));
    response.header(RequestTrace.ID, trace.id());
    Optional<String> traceId = span(request, response, trace).or(trace::traceId);
    state.accessLog().ifPresent(log -> log.add(line(request, response, trace, traceId)));
  }

  /**
   * Its trace, if it is a span: what is no POST is watching. No lambda, which would load classes.
   */
  private Optional<String> span(
      HttpRequest<?> request, MutableHttpResponse<?> response, RequestTrace trace) {
    if (state.spans().isEmpty() || request.getMethod() != HttpMethod.POST) {
      return Optional.empty();
    }
    return Optional.of(HttpSpan.answered(state.spans().get(), request, response, trace));
  }

  private static AccessLog.Line line(
      HttpRequest<?> request,
      MutableHttpResponse<?> response,
      RequestTrace trace,
      Optional<String> traceId) {
    String agent = request.getHeaders().get(HttpHeaders.USER_AGENT);
    return new AccessLog.Line(
        Instant.now().toString(),
        request.getRemoteAddress().getAddress().getHostAddress(),
        "HTTP/" + version(request),
        request.getMethodName(),
        request.getPath(),
        response.code(),
        response.getBody().map(body -> body instanceof byte[] all ? all.length : 0).orElse(0),
        millisSince(trace.beganNanos()),
        trace.id(),
        traceId.orElse(""),
        agent == null ? "" : ClientText.brief(agent));
  }

  /** Such as 1.1. */
  static String version(HttpRequest<?> request) {
    return request.getHttpVersion().name().replace("HTTP_", "").replace('_', '.');
  }

  static double millisSince(long beganNanos) {
    return Math.round((System.nanoTime() - beganNanos) / 1e3) / 1e3;
  }
}
