package dev.lapidary.serve.http;

/** One image of a request, as it came. */
sealed interface Upload {
  /** As the answer calls it: a file's name, or the place in the request from 0. */
  String name();

  /**
   * @param bytes of the image file
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record File(String name, byte[] bytes) implements Upload {}

  /** It cannot be read from the request; its neighbours can. */
  record Unreadable(String name, ImageError error) implements Upload {}
}
