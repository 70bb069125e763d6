package dev.lapidary.spark.score;

/** An image file as a table gives it. */
public sealed interface EncodedImage {
  /**
   * @param file an image file's bytes, not checked yet
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Bytes(byte[] file) implements EncodedImage {}

  /**
   * Nothing to decode.
   *
   * @param reason in one line
   */
  record Unreadable(String reason) implements EncodedImage {}
}
