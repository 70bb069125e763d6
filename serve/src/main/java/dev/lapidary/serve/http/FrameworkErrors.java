package dev.lapidary.serve.http;

import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import io.micronaut.http.server.netty.NettyHttpRequest;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import jakarta.inject.Singleton;
import java.util.Locale;

/**
 * What Micronaut itself refuses (no such path, wrong method, no HTTP) reads as our errors do, and
 * in our words: its own and Netty's name their classes now and then.
 */
@Singleton
@Primary
final class FrameworkErrors implements ErrorResponseProcessor<byte[]> {
  static final String NO_SUCH_PATH = "there is no such path, expected /predict or /v2/health/ready";

  @Override
  public MutableHttpResponse<byte[]> processResponse(
      ErrorContext context, MutableHttpResponse<?> response) {
    HttpRequest<?> request = context.getRequest();
    Throwable malformed =
        request instanceof NettyHttpRequest<?> netty
            ? netty.getNativeRequest().decoderResult().cause()
            : null;
    HttpStatus status = malformed == null ? response.status() : status(malformed);
    MutableHttpResponse<byte[]> own = HttpResponse.status(status);
    response.getHeaders().forEach((name, values) -> values.forEach(v -> own.header(name, v)));
    String code = status.name().toLowerCase(Locale.ROOT);
    String detail;
    if (malformed instanceof WireRules.MalformedHead) {
      detail = "the request is not HTTP/1.1: " + malformed.getMessage();
    } else if (malformed == null && status == HttpStatus.BAD_REQUEST) {
      detail = "the request's target is no URI; is all of it percent-encoded (RFC 3986)?";
    } else {
      detail = detail(status, own.getHeaders().get(HttpHeaders.ALLOW));
    }
    return ErrorBody.write(request, own, status, code, detail);
  }

  private static HttpStatus status(Throwable malformed) {
    if (malformed instanceof TooLongHttpLineException) {
      return HttpStatus.REQUEST_URI_TOO_LONG;
    }
    return malformed instanceof TooLongHttpHeaderException
        ? HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        : HttpStatus.BAD_REQUEST;
  }

  private static String detail(HttpStatus status, String allowed) {
    return switch (status) {
      case BAD_REQUEST -> "the request line or a header is not HTTP/1.1 (RFC 9112)";
      case NOT_FOUND -> NO_SUCH_PATH;
      case METHOD_NOT_ALLOWED -> "the method is wrong here, expected " + allowed;
      case REQUEST_ENTITY_TOO_LARGE -> "the body has more bytes than the server's limit";
      case REQUEST_URI_TOO_LONG -> "the request line is too long";
      case REQUEST_HEADER_FIELDS_TOO_LARGE -> "the headers are too long together";
      default -> status.getReason();
    };
  }
}
