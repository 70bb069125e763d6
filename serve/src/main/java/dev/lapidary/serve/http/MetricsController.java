package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;

/** {@code GET /metrics} for Prometheus. */
@Controller("/metrics")
@Produces(MediaType.ALL) // in truth text; an Accept without it is disregarded
final class MetricsController {
  private final ServerState state;

  MetricsController(ServerState state) {
    this.state = state;
  }

  @Get
  HttpResponse<byte[]> metrics() {
    return HttpResponse.ok(state.metrics().text().getBytes(UTF_8))
        .header(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
  }
}
