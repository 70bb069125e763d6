package dev.lapidary.serve.http;

import dev.lapidary.serve.grpc.CallLog;
import dev.lapidary.serve.inference.ClientText;
import dev.lapidary.serve.tracing.RequestSpans;
import dev.lapidary.serve.tracing.TracedRequest;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Calls over gRPC, in the access log and for the collector. */
record CallLines(Optional<AccessLog> lines, Optional<RequestSpans> spans) {
  CallLog log() {
    return new CallLog(given -> RequestTrace.of(given.orElse(null), null).id(), this::ended);
  }

  private void ended(CallLog.Ended call) {
    Optional<String> traceId =
        spans.filter(on -> isWork(call)).map(on -> on.answered(span(call), headers(call)));
    lines.ifPresent(open -> open.add(line(call, traceId)));
  }

  /** The rest is watching. */
  private static boolean isWork(CallLog.Ended call) {
    return call.method().endsWith("Infer") || call.method().endsWith("load");
  }

  private static TracedRequest span(CallLog.Ended call) {
    return new TracedRequest(
        new TracedRequest.Grpc(call.method(), call.status()),
        call.client(),
        agent(call),
        call.requestId(),
        call.beganNanos(),
        call.worked());
  }

  private static Function<String, @Nullable String> headers(CallLog.Ended call) {
    return name -> call.header(name).orElse(null);
  }

  private static Optional<String> agent(CallLog.Ended call) {
    return call.header("user-agent").map(ClientText::brief);
  }

  private static AccessLog.Line line(CallLog.Ended call, Optional<String> traceId) {
    RequestTrace trace =
        RequestTrace.of(call.requestId(), call.header(RequestTrace.PARENT).orElse(null));
    return new AccessLog.Line(
        Instant.now().toString(),
        call.client(),
        "gRPC",
        "POST",
        "/" + call.method(),
        call.status(),
        call.bytes(),
        AccessFilter.millisSince(call.beganNanos()),
        call.requestId(),
        traceId.or(trace::traceId).orElse(""),
        agent(call).orElse(""));
  }
}
