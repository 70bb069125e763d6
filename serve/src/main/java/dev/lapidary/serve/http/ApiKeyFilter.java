package dev.lapidary.serve.http;

import dev.lapidary.serve.access.ApiKeys;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Filter;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.util.Optional;
import java.util.Set;

/**
 * Asks for an API key, if the server has some. Open to all are health, which says nothing but
 * whether it can serve, and the pages' own files, which hold nothing of the server; everything else
 * needs a key, whether there is such a path or not.
 */
@ServerFilter(Filter.MATCH_ALL_PATTERN)
final class ApiKeyFilter implements Ordered {
  private static final String API_KEY = "X-API-Key";
  private static final Set<String> OPEN =
      Set.of(
          "/v2/health/live",
          "/v2/health/ready",
          "/",
          "/page.css",
          "/page.js",
          "/openapi",
          "/openapi.js",
          "/openapi.json");

  private final ServerState state;

  ApiKeyFilter(ServerState state) {
    this.state = state;
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  /** Returns nothing where the request may go on. */
  @RequestFilter
  @Nullable
  HttpResponse<?> check(HttpRequest<?> request) {
    Optional<ApiKeys> keys = state.apiKeys();
    if (keys.isEmpty() || OPEN.contains(request.getPath())) {
      return null;
    }
    ApiKeys.Verdict verdict =
        keys.get()
            .judge(
                request.getHeaders().getAll(HttpHeaders.AUTHORIZATION),
                request.getHeaders().getAll(API_KEY));
    if (verdict == ApiKeys.Verdict.KNOWN) {
      return null;
    }
    state.requests().unauthorized();
    return ErrorBody.of(request, Refusal.unauthorized(verdict));
  }
}
