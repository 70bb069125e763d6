package dev.lapidary.serve.repository;

/** There is no such model or version, or none that answers now. */
public final class ModelUnavailable extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean known;
  private final String code;

  ModelUnavailable(boolean known, String code, String reason) {
    super(reason, null, false, false); // an answer to a client, no fault
    this.known = known;
    this.code = code;
  }

  /** Whether it may be ready later. */
  public boolean isKnown() {
    return known;
  }

  /** Such as {@code loading}. */
  public String code() {
    return code;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
