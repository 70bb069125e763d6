package dev.lapidary.serve.http;

/**
 * Why one image has no prediction.
 *
 * @param code {@code undecodable}, {@code too_large}, {@code invalid_base64} or {@code
 *     inference_failed}
 */
record ImageError(String code, String message) {}
