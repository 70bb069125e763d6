package dev.lapidary.core.failure;

/** What the components of a record must be, said in its constructor. */
public final class Requirement {
  private Requirement() {}

  /**
   * @throws IllegalArgumentException with this message, unless it holds
   */
  public static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
