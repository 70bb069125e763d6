package dev.lapidary.serve.http;

import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.tracing.RequestSpans;
import dev.lapidary.serve.tracing.TracedRequest;
import dev.lapidary.serve.tracing.Worked;
import io.micronaut.http.BasicHttpAttributes;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import java.util.Optional;

/** A request over HTTP as a span. Loaded where a collector is named, and not before. */
final class HttpSpan {
  private static final String WORKED = "lapidary.worked";

  private HttpSpan() {}

  /** What was done for an answer, for the filter that sees it later. */
  static void note(HttpResponse<?> answer, Worked worked) {
    answer.setAttribute(WORKED, worked);
  }

  /** Returns its trace. */
  static String answered(
      RequestSpans spans,
      HttpRequest<?> request,
      MutableHttpResponse<?> response,
      RequestTrace trace) {
    HttpHeaders headers = request.getHeaders();
    return spans.answered(
        new TracedRequest(
            new TracedRequest.Http(
                request.getMethodName(),
                BasicHttpAttributes.getUriTemplate(request),
                request.getPath(),
                request.isSecure() ? "https" : "http",
                AccessFilter.version(request),
                response.code()),
            request.getRemoteAddress().getAddress().getHostAddress(),
            Optional.ofNullable(headers.get(HttpHeaders.USER_AGENT)).map(ClientText::brief),
            trace.id(),
            trace.beganNanos(),
            response.getAttribute(WORKED, Worked.class)),
        headers::get);
  }
}
