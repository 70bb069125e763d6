package dev.lapidary.serve.inference;

/** Why a call has no answer, for a transport that says it in its own way. */
public final class ServiceError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final int retryAfterSeconds;

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
    this(kind, message, 0);
  }

  /**
   * @param retryAfterSeconds 0 if nobody knows
   */
  public ServiceError(Kind kind, String message, int retryAfterSeconds) {
    super(message, null, false, false);
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }

  public Kind kind() {
    return kind;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
