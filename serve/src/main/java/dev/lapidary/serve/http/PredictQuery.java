package dev.lapidary.serve.http;

import dev.lapidary.serve.batch.Deadline;
import io.micronaut.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What a request asks for besides its images.
 *
 * @param form of its body
 * @param topK most probable classes an image, at most
 * @param threshold the least probability of a class in the answer, in [0, 1]
 * @param bodyBytes that it may be, as far as its header tells
 */
record PredictQuery(
    RequestForm form,
    OptionalInt topK,
    OptionalDouble threshold,
    Deadline deadline,
    long bodyBytes) {
  private static final long MAX_DEADLINE_MILLIS = 600_000;

  /**
   * @throws Refusal 400, 413 or 415 if the header alone says that it cannot be answered
   */
  static PredictQuery of(HttpRequest<?> request, ServerSettings settings) {
    ServerSettings.Limits limits = settings.limits();
    return new PredictQuery(
        RequestForm.of(request, Math.min(limits.requestImages(), limits.queueImages())),
        topK(request),
        threshold(request),
        deadline(request, settings.deadline()),
        bodyBytes(request, limits.bodyBytes()));
  }

  private static OptionalInt topK(HttpRequest<?> request) {
    Optional<String> text = Optional.ofNullable(request.getParameters().get("topK"));
    return text.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of((int) positive("topK", text.get(), Integer.MAX_VALUE));
  }

  private static OptionalDouble threshold(HttpRequest<?> request) {
    Optional<String> text = Optional.ofNullable(request.getParameters().get("threshold"));
    if (text.isEmpty()) {
      return OptionalDouble.empty();
    }
    try {
      double value = Double.parseDouble(text.get());
      if (value >= 0 && value <= 1) {
        return OptionalDouble.of(value);
      }
    } catch (NumberFormatException e) {
      // refused below, with the same words
    }
    throw Refusal.badRequest(
        "invalid_parameter", "threshold must be a number in 0..1 but is '%s'", text.get());
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
