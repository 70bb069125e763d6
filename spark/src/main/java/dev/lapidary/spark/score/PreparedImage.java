package dev.lapidary.spark.score;

/** What reading and decoding have made of a table's image. */
sealed interface PreparedImage {
  /**
   * @param values as the network takes them, such as {@code [C, H, W]} normalized
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Input(float[] values) implements PreparedImage {}

  /**
   * Nothing for the network.
   *
   * @param reason in one line
   */
  record Failed(String reason) implements PreparedImage {}
}
