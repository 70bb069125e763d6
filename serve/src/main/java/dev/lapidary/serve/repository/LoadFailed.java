package dev.lapidary.serve.repository;

/** A model that was read and must not be served. */
public final class LoadFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param code such as {@code golden_check_failed}
   */
  public LoadFailed(String code, String reason) {
    super(reason);
    this.code = code;
  }

  public String code() {
    return code;
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
