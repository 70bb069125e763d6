package dev.lapidary.serve.http;

import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Filter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.server.cors.CorsFilter;

/**
 * Says why a page of another origin is refused. Micronaut refuses it, so that no page in a browser
 * can use a server of the same machine behind its user's back, but with an empty body.
 */
@ServerFilter(Filter.MATCH_ALL_PATTERN)
final class CrossOriginAnswer implements Ordered {
  @Override
  public int getOrder() {
    return CorsFilter.CORS_FILTER_ORDER - 1; // a filter sees the answers of those behind it
  }

  @ResponseFilter
  void explain(HttpRequest<?> request, MutableHttpResponse<?> response) {
    if (response.status() == HttpStatus.FORBIDDEN && response.getBody().isEmpty()) {
      Refusal refusal = Refusal.crossOrigin();
      @SuppressWarnings("unchecked") // it has no body, so any type of body will do
      MutableHttpResponse<byte[]> empty = (MutableHttpResponse<byte[]>) response;
      ErrorBody.write(request, empty, refusal.status(), refusal.code(), refusal.getMessage());
    }
  }
}
