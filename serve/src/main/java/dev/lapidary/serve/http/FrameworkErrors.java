package dev.lapidary.serve.http;

import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import jakarta.inject.Singleton;
import java.util.Locale;

/** What Micronaut itself refuses (no such path, wrong method, too large) reads as our errors do. */
@Singleton
@Primary
final class FrameworkErrors implements ErrorResponseProcessor<byte[]> {
  @Override
  public MutableHttpResponse<byte[]> processResponse(
      ErrorContext context, MutableHttpResponse<?> response) {
    HttpStatus status = response.status();
    String detail =
        status.getCode() >= 500 || context.getErrors().isEmpty()
            ? status.getReason()
            : context.getErrors().get(0).getMessage();
    MutableHttpResponse<byte[]> own = HttpResponse.status(status);
    response.getHeaders().forEach((name, values) -> values.forEach(v -> own.header(name, v)));
    String code = status.name().toLowerCase(Locale.ROOT);
    return ErrorBody.write(context.getRequest(), own, status, code, detail);
  }
}
