package dev.lapidary.serve.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;

/**
 * While the server drains, each answer ends its connection, so that the next one goes elsewhere.
 */
@ServerFilter("/**")
final class ClosingAnswers {
  private final ServerState state;

  ClosingAnswers(ServerState state) {
    this.state = state;
  }

  @ResponseFilter
  void close(MutableHttpResponse<?> response) {
    if (state.isDraining()) {
      response.header(HttpHeaders.CONNECTION, "close");
    }
  }
}
