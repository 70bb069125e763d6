package dev.lapidary.serve.http;

import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Filter;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.time.Instant;

/** Gives each request its id, says it in the answer, and writes the access log. */
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
    state.accessLog().ifPresent(log -> log.add(line(request, response, trace)));
  }

  private static AccessLog.Line line(
      HttpRequest<?> request, MutableHttpResponse<?> response, RequestTrace trace) {
    String agent = request.getHeaders().get(HttpHeaders.USER_AGENT);
    return new AccessLog.Line(
        Instant.now().toString(),
        request.getRemoteAddress().getAddress().getHostAddress(),
        request.getHttpVersion().name().replace('_', '.').replaceFirst("\\.", "/"),
        request.getMethodName(),
        request.getPath(),
        response.code(),
        response.getBody().map(body -> body instanceof byte[] all ? all.length : 0).orElse(0),
        millisSince(trace.beganNanos()),
        trace.id(),
        trace.traceId().orElse(""),
        agent == null ? "" : ClientText.brief(agent),
        0);
  }

  static double millisSince(long beganNanos) {
    return Math.round((System.nanoTime() - beganNanos) / 1e3) / 1e3;
  }
}
