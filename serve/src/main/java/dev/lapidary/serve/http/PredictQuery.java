package dev.lapidary.serve.http;

import dev.lapidary.serve.batch.Deadline;
import io.micronaut.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;

/**
 * What a request asks for besides its images.
 *
 * @param form of its body
 * @param topK most probable classes an image
 * @param bodyBytes that it may be, as far as its header tells
 */
record PredictQuery(RequestForm form, int topK, Deadline deadline, long bodyBytes) {
  private static final int DEFAULT_TOP_K = 5;
  private static final long MAX_DEADLINE_MILLIS = 600_000;

  /**
   * @throws Refusal 400, 413 or 415 if the header alone says that it cannot be answered
   */
  static PredictQuery of(HttpRequest<?> request, ServerSettings settings) {
    ServerSettings.Limits limits = settings.limits();
    return new PredictQuery(
        RequestForm.of(request, Math.min(limits.requestImages(), limits.queueImages())),
        topK(request),
        deadline(request, settings.deadline()),
        bodyBytes(request, limits.bodyBytes()));
  }

  private static int topK(HttpRequest<?> request) {
    Optional<String> text = Optional.ofNullable(request.getParameters().get("topK"));
    if (text.isEmpty()) {
      return DEFAULT_TOP_K;
    }
    return (int) positive("topK", text.get(), Integer.MAX_VALUE);
  }

  private static Deadline deadline(HttpRequest<?> request, Duration otherwise) {
    String header = "X-Deadline-Ms";
    Optional<String> text = Optional.ofNullable(request.getHeaders().get(header));
    return Deadline.after(
        text.map(t -> Duration.ofMillis(positive(header, t, MAX_DEADLINE_MILLIS)))
            .orElse(otherwise));
  }

  private static long positive(String what, String text, long max) {
    try {
      long value = Long.parseLong(text);
      if (value >= 1 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // refused below, with the same words
    }
    throw Refusal.badRequest(
        "invalid_parameter", "%s must be a whole number in 1..%d but is '%s'", what, max, text);
  }

  /** A body whose length is not told, or that is packed, counts as the largest. */
  private static long bodyBytes(HttpRequest<?> request, int maxBytes) {
    long length = request.getContentLength();
    if (length > maxBytes) {
      throw Refusal.tooLarge("the body has %d bytes, more than the limit of %d", length, maxBytes);
    }
    boolean packed = request.getHeaders().contains("Content-Encoding");
    return length < 0 || packed ? maxBytes : length;
  }
}
