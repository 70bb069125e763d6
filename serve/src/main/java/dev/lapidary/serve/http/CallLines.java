package dev.lapidary.serve.http;

import dev.lapidary.serve.grpc.CallLog;
import java.time.Instant;
import java.util.Optional;

/** Calls over gRPC in the access log. */
final class CallLines {
  private CallLines() {}

  static CallLog to(Optional<AccessLog> log) {
    return new CallLog(
        given -> RequestTrace.of(given.orElse(null), null).id(),
        ended -> log.ifPresent(open -> open.add(line(ended))));
  }

  private static AccessLog.Line line(CallLog.Ended call) {
    RequestTrace trace = RequestTrace.of(call.requestId(), call.traceParent().orElse(null));
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
        trace.traceId().orElse(""),
        call.userAgent().map(ClientText::brief).orElse(""),
        0);
  }
}
