package dev.lapidary.serve.inference;

import java.time.Duration;

/** Why a call has no answer, for a transport that says it in its own way. */
public final class ServiceError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final Duration retryAfter;

  /** In the terms that all transports have. */
  public enum Kind {
    INVALID,
    NOT_FOUND,
    FORBIDDEN,
    /** There is no room. */
    EXHAUSTED,
    /** It is loading or stopping. */
    UNAVAILABLE,
    LATE,
    CANCELLED,
    FAILED
  }

  public ServiceError(Kind kind, String message) {
    this(kind, message, Duration.ZERO);
  }

  /**
   * @param retryAfter zero if nobody knows
   */
  public ServiceError(Kind kind, String message, Duration retryAfter) {
    super(message, null, false, false);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  public Duration retryAfter() {
    return retryAfter;
  }

  public Kind kind() {
    return kind;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
