package dev.lapidary.serve.http;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * By what a request is found again: its id, the client's {@code X-Request-Id} or one made here, and
 * the trace that it is part of.
 *
 * @param traceId 32 hexadecimal digits, of a valid {@code traceparent} (W3C Trace Context)
 */
record RequestTrace(String id, Optional<String> traceId, long beganNanos) {
  static final String ID = "X-Request-Id";
  static final String PARENT = "traceparent";

  /** What may stand in a log and a header: visible ASCII, no more than a line of it. */
  private static final Pattern ALLOWED = Pattern.compile("[!-~]{1,128}");

  /** A version that is not known may have more behind it. */
  private static final Pattern TRACE_PARENT =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0+-)([0-9a-f]{32})-(?!0+-)[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

  static RequestTrace of(@Nullable String id, @Nullable String parent) {
    String own = id != null && ALLOWED.matcher(id).matches() ? id : UUID.randomUUID().toString();
    return new RequestTrace(own, traceId(parent), System.nanoTime());
  }

  private static Optional<String> traceId(@Nullable String parent) {
    if (parent == null) {
      return Optional.empty();
    }
    Matcher match = TRACE_PARENT.matcher(parent);
    boolean valid = match.matches() && !(parent.startsWith("00") && match.group(2) != null);
    return valid ? Optional.of(match.group(1)) : Optional.empty();
  }
}
