package dev.lapidary.serve.bench;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What a server is asked. Thread-safe.
 *
 * @param requests that differ
 * @param argmax the class that an answer names first; empty if it is of no form that is known
 */
record RequestSet(List<HttpRequest> requests, Function<HttpResponse<byte[]>, OptionalInt> argmax) {
  /** An answer that takes longer is none. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A POST with these headers, of which a later one takes the place of an earlier one. */
  static HttpRequest post(URI uri, byte[] body, List<RequestHeader> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach(header -> request.setHeader(header.name(), header.value()));
    return request.build();
  }
}
