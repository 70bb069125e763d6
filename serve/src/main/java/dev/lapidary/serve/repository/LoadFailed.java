package dev.lapidary.serve.repository;

/** A model that was read and must not be served. */
public final class LoadFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final boolean waits;

  /**
   * @param code such as {@code golden_check_failed}
   */
  public LoadFailed(String code, String reason) {
    this(code, reason, false);
  }

  private LoadFailed(String code, String reason, boolean waits) {
    super(reason);
    this.code = code;
    this.waits = waits;
  }

  /** Of a model that lacks another one, and is loaded once that is there. */
  public static LoadFailed untilAnotherIs(String code, String reason) {
    return new LoadFailed(code, reason, true);
  }

  /** Whether it is worth another try once another model is loaded. */
  boolean waits() {
    return waits;
  }

  public String code() {
    return code;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
