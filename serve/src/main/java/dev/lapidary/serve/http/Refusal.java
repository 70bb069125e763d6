package dev.lapidary.serve.http;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.access.ApiKeys;
import dev.lapidary.serve.inference.InvalidRequest;
import io.micronaut.http.HttpStatus;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole request that is not answered with predictions. Becomes RFC 9457 problem details, or under
 * {@code /v2} the Open Inference Protocol's error.
 */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(Refusal.class);

  static final String UNSUPPORTED_CODING = "unsupported_content_encoding";
  static final String TOO_SLOW = "too_slow";
  static final String CLIENT_GONE = "client_gone";

  private final HttpStatus status;
  private final String code;
  private final Duration retryAfter;

  private Refusal(HttpStatus status, String code, String message) {
    this(status, code, Duration.ZERO, message);
  }

  private Refusal(HttpStatus status, String code, Duration retryAfter, String message) {
    // No stack trace: under overload thousands of these a second are the normal case.
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  @FormatMethod
  static Refusal badRequest(String code, @FormatString String format, Object... arguments) {
    return new Refusal(HttpStatus.BAD_REQUEST, code, String.format(format, arguments));
  }

  @FormatMethod
  static Refusal notFound(String format, Object... arguments) {
    return new Refusal(HttpStatus.NOT_FOUND, "not_found", String.format(format, arguments));
  }

  @FormatMethod
  static Refusal tooLarge(String format, Object... arguments) {
    return new Refusal(
        HttpStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", String.format(format, arguments));
  }

  @FormatMethod
  static Refusal unsupportedMediaType(String format, Object... arguments) {
    return new Refusal(
        HttpStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        String.format(format, arguments));
  }

  /** Also 415 (RFC 9110 section 15.5.16), with the codings that are known. */
  @FormatMethod
  static Refusal unsupportedContentCoding(@FormatString String format, Object... arguments) {
    return new Refusal(
        HttpStatus.UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_CODING, String.format(format, arguments));
  }

  static Refusal queueFull(int images, Duration retryAfter) {
    return tryAgain("queue_full", retryAfter, "the queue is full with %d images".formatted(images));
  }

  /** The images' queue has room, the memory for bodies has none. */
  static Refusal bodiesFull(Duration retryAfter) {
    return tryAgain(
        "queue_full", retryAfter, "the bodies of other requests take all memory that they may");
  }

  private static Refusal tryAgain(String code, Duration retryAfter, String why) {
    return new Refusal(
        HttpStatus.TOO_MANY_REQUESTS,
        code,
        retryAfter,
        "%s; try again in %d s".formatted(why, RetryAfter.seconds(retryAfter)));
  }

  /** The connection ends with it: the rest of the body may never come. */
  static Refusal tooSlow(int bytes, long millis, int minBytesPerSecond) {
    return new Refusal(
        HttpStatus.REQUEST_TIMEOUT,
        TOO_SLOW,
        "%d bytes of the body came in %d ms, expected at least %d a second"
            .formatted(bytes, millis, minBytesPerSecond));
  }

  /** It came not too slowly, but others need the memory. The connection ends with it, too. */
  static Refusal gaveWay(Duration retryAfter) {
    return tryAgain(
        TOO_SLOW, retryAfter, "the body came slowly while the memory for bodies was full");
  }

  static Refusal deadlineUnmeetable(long expectedMillis, long leftMillis) {
    return new Refusal(
        HttpStatus.GATEWAY_TIMEOUT,
        "deadline_unmeetable",
        "the queue needs about %d ms but the deadline leaves %d ms"
            .formatted(expectedMillis, leftMillis));
  }

  static Refusal deadlinePassed() {
    return new Refusal(
        HttpStatus.GATEWAY_TIMEOUT,
        "deadline_passed",
        "the deadline passed before the answer was there");
  }

  static Refusal unavailable(String code, String message) {
    return new Refusal(HttpStatus.SERVICE_UNAVAILABLE, code, message);
  }

  static Refusal crossOrigin() {
    return new Refusal(
        HttpStatus.FORBIDDEN,
        "cross_origin",
        "a page of another origin asked (its header Origin), and a server on a loopback address"
            + " answers pages of localhost only; ask from there, or without a browser");
  }

  /** What lies in what a stage of a future wraps. */
  @Nullable
  static Throwable cause(@Nullable Throwable error) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Of whatever ended a request, over whichever protocol; what nobody expects is logged. */
  static Refusal of(@Nullable Throwable error) {
    Throwable cause = cause(error);
    if (cause instanceof Refusal refusal) {
      return refusal;
    }
    if (cause instanceof InvalidRequest invalid) {
      return badRequest("invalid_request", "%s", invalid.getMessage());
    }
    if (cause instanceof TimeoutException) {
      return deadlinePassed();
    }
    LOG.error("a request failed: {}", cause == null ? "" : Failure.reason(cause), cause);
    return failed();
  }

  static Refusal unauthorized(ApiKeys.Verdict verdict) {
    return new Refusal(HttpStatus.UNAUTHORIZED, "unauthorized", verdict.refusal());
  }

  static Refusal forbidden(String message) {
    return new Refusal(HttpStatus.FORBIDDEN, "forbidden", message);
  }

  /** What comes after it on the connection cannot be told from it, so the connection ends. */
  static Refusal malformedBody() {
    return new Refusal(
        HttpStatus.BAD_REQUEST,
        "malformed_body",
        "the body is not in chunks as its Transfer-Encoding says (RFC 9112 section 7.1)");
  }

  /** For whoever reads it; the client that it is meant for is gone. */
  static Refusal clientGone() {
    return new Refusal(
        HttpStatus.BAD_REQUEST, CLIENT_GONE, "the connection closed within the body");
  }

  private static Refusal failed() {
    return new Refusal(
        HttpStatus.INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why");
  }

  HttpStatus status() {
    return status;
  }

  String code() {
    return code;
  }

  /** Zero for no {@code Retry-After}. */
  Duration retryAfter() {
    return retryAfter;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
