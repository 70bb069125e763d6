package dev.lapidary.serve.grpc;

import dev.lapidary.serve.inference.InvalidRequest;
import dev.lapidary.serve.inference.ServiceError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What went wrong, in gRPC's terms. */
final class Statuses {
  private static final Logger LOG = LoggerFactory.getLogger(Statuses.class);

  /** After which a client's library may try again (gRFC A6). */
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private Statuses() {}

  static StatusRuntimeException of(Throwable error) {
    Throwable cause = error;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ServiceError known) {
      Metadata trailers = new Metadata();
      if (!known.retryAfter().isZero()) {
        trailers.put(PUSHBACK, Long.toString(known.retryAfter().toMillis()));
      }
      return status(known.kind()).withDescription(known.getMessage()).asRuntimeException(trailers);
    }
    if (cause instanceof InvalidRequest invalid) {
      return Status.INVALID_ARGUMENT.withDescription(invalid.getMessage()).asRuntimeException();
    }
    LOG.error("a call failed", cause);
    return Status.INTERNAL
        .withDescription("the server failed; its log says why")
        .asRuntimeException();
  }

  /** Of an answer that has a place for text alone. */
  static String text(Throwable error) {
    Status status = of(error).getStatus();
    String text = status.getDescription();
    return text == null ? status.getCode().name() : text;
  }

  private static Status status(ServiceError.Kind kind) {
    return switch (kind) {
      case INVALID -> Status.INVALID_ARGUMENT;
      case NOT_FOUND -> Status.NOT_FOUND;
      case FORBIDDEN -> Status.PERMISSION_DENIED;
      case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
      case UNAVAILABLE -> Status.UNAVAILABLE;
      case LATE -> Status.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.CANCELLED;
      case FAILED -> Status.INTERNAL;
    };
  }
}
