package dev.lapidary.serve.http;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import jakarta.inject.Singleton;

/** What a controller refuses by an exception. */
@Singleton
final class RefusalHandler implements ExceptionHandler<Refusal, HttpResponse<byte[]>> {
  @Override
  @SuppressWarnings("rawtypes") // the interface's own
  public HttpResponse<byte[]> handle(HttpRequest request, Refusal refusal) {
    return ErrorBody.of(request, refusal);
  }
}
