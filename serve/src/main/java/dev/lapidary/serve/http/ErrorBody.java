package dev.lapidary.serve.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;

/**
 * Errors as bytes: RFC 9457 problem details, and under {@code /v2} the Open Inference Protocol's
 * {@code {"error": string}} (github.com/kserve/open-inference-protocol, inference_rest.md).
 */
final class ErrorBody {
  private static final MediaType PROBLEM = new MediaType("application/problem+json");

  private ErrorBody() {}

  private record Problem(String type, String title, int status, String detail, String code) {}

  private record InferenceError(String error) {}

  static MutableHttpResponse<byte[]> of(HttpRequest<?> request, Refusal refusal) {
    MutableHttpResponse<byte[]> response = HttpResponse.status(refusal.status());
    if (!refusal.retryAfter().isZero()) {
      RetryAfter.say(response, refusal.retryAfter());
    }
    if (refusal.status() == HttpStatus.UNAUTHORIZED) {
      response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"lapidary\"");
    }
    if (refusal.code().equals(Refusal.UNSUPPORTED_CODING)) {
      response.header(HttpHeaders.ACCEPT_ENCODING, "gzip, deflate, identity");
    }
    return write(request, response, refusal.status(), refusal.code(), refusal.getMessage());
  }

  static MutableHttpResponse<byte[]> write(
      HttpRequest<?> request,
      MutableHttpResponse<byte[]> response,
      HttpStatus status,
      String code,
      String detail) {
    String path = request.getPath();
    if (path.equals("/v2") || path.startsWith("/v2/")) {
      return response
          .contentType(MediaType.APPLICATION_JSON_TYPE)
          .body(Json.write(new InferenceError(detail)));
    }
    Problem problem =
        new Problem("about:blank", status.getReason(), status.getCode(), detail, code);
    return response.contentType(PROBLEM).body(Json.write(problem));
  }
}
