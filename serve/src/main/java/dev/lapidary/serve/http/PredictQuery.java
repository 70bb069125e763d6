package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.repository.ModelId;
import io.micronaut.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * What a request asks for besides its images.
 *
 * @param form of its body
 * @param topK most probable classes an image, at most
 * @param threshold the least probability of a class in the answer, in [0, 1]
 * @param heads of a trunk, by name; all unless told
 * @param priority from 1, the highest, on
 */
record PredictQuery(
    RequestForm form,
    OptionalInt topK,
    OptionalDouble threshold,
    Optional<List<String>> heads,
    Deadline deadline,
    int priority) {
  private static final long MAX_DEADLINE_MILLIS = 600_000;
  private static final String PRIORITY = "X-Priority";
  private static final String DEADLINE = "X-Deadline-Ms";
  private static final String TOP_K = "topK";
  private static final String THRESHOLD = "threshold";
  private static final String HEADS = "heads";
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,18}");
  private static final Pattern DECIMAL =
      Pattern.compile("(?:[0-9]++(?:\\.[0-9]*+)?|\\.[0-9]++)(?:[eE][-+]?[0-9]++)?");

  /**
   * @throws Refusal 400, 413 or 415 if the header alone says that it cannot be answered
   */
  static PredictQuery of(HttpRequest<?> request, ServerSettings settings) {
    ServerSettings.Limits limits = settings.limits();
    requireLength(request, limits.bodyBytes());
    QueryParameters query = QueryParameters.of(request.getUri(), List.of(TOP_K, THRESHOLD, HEADS));
    return new PredictQuery(
        RequestForm.of(
            request, Math.min(limits.requestImages(), limits.queueImages()), limits.bodyBytes()),
        query.get(TOP_K).map(PredictQuery::topK).orElse(OptionalInt.empty()),
        query.get(THRESHOLD).map(PredictQuery::threshold).orElse(OptionalDouble.empty()),
        query.get(HEADS).map(PredictQuery::heads),
        deadline(request, settings.timeouts()),
        settings.priority(priority(request, settings)));
  }

  /**
   * What the header names; 0 if it names none, or there are none.
   *
   * @throws Refusal 400 if it is none of those that there are
   */
  static long priority(HttpRequest<?> request, ServerSettings settings) {
    if (settings.priorities().isEmpty()) {
      return 0;
    }
    long levels = settings.priorities().get().levels();
    return only(request, PRIORITY).map(text -> positive(PRIORITY, text, levels)).orElse(0L);
  }

  private static Optional<String> only(HttpRequest<?> request, String header) {
    List<String> texts = request.getHeaders().getAll(header);
    if (texts.size() > 1) {
      throw Refusal.badRequest(
          "invalid_parameter", "there are %d headers %s, expected one", texts.size(), header);
    }
    return texts.isEmpty() ? Optional.empty() : Optional.of(texts.get(0));
  }

  private static OptionalInt topK(String text) {
    return OptionalInt.of((int) positive(TOP_K, text, Integer.MAX_VALUE));
  }

  private static OptionalDouble threshold(String text) {
    // Java's own idea of a number has hexadecimal ones and letters at the end.
    double value = DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    if (value >= 0 && value <= 1) {
      return OptionalDouble.of(value);
    }
    throw wrong(THRESHOLD, "a number in 0..1", text);
  }

  private static List<String> heads(String text) {
    List<String> names = List.of(text.split(",", -1));
    if (!names.stream().allMatch(ModelId::isSegment)) {
      throw wrong(HEADS, "names of models with commas between them", text);
    }
    return names.stream().distinct().toList();
  }

  /** A client may name any, but not hold the server for longer than it lets it. */
  static Deadline deadline(HttpRequest<?> request, ServerSettings.Timeouts timeouts) {
    Duration wanted =
        only(request, DEADLINE)
            .map(text -> Duration.ofMillis(positive(DEADLINE, text, MAX_DEADLINE_MILLIS)))
            .orElse(timeouts.deadline());
    Duration maximum = timeouts.maxDeadline();
    return Deadline.after(wanted.compareTo(maximum) > 0 ? maximum : wanted);
  }

  private static long positive(String what, String text, long max) {
    if (WHOLE.matcher(text).matches()) {
      long value = Long.parseLong(text);
      if (value >= 1 && value <= max) {
        return value;
      }
    }
    throw wrong(what, "a whole number in 1.." + max, text);
  }

  private static Refusal wrong(String what, String expected, String text) {
    return Refusal.badRequest(
        "invalid_parameter", "%s must be %s but is '%s'", what, expected, ClientText.brief(text));
  }

  static void requireLength(HttpRequest<?> request, int maxBytes) {
    long length = request.getContentLength();
    if (length > maxBytes) {
      throw Refusal.tooLarge("the body has %d bytes, more than the limit of %d", length, maxBytes);
    }
  }
}
