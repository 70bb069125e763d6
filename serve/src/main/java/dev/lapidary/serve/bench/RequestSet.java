package dev.lapidary.serve.bench;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/** What a server is asked: requests that differ, and what their answers say. Thread-safe. */
interface RequestSet {
  /** An answer that takes longer is none. */
  Duration PATIENCE = Duration.ofSeconds(30);

  int count();

  HttpRequest request(int index);

  /** A POST with these headers. */
  static HttpRequest post(URI uri, List<RequestHeader> headers, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach(header -> request.setHeader(header.name(), header.value()));
    return request.build();
  }

  /** The class that an answer names first; empty if it is of no form that is known. */
  OptionalInt argmax(HttpResponse<byte[]> answer);
}
