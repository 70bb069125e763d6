package dev.lapidary.serve.grpc;

import dev.lapidary.serve.access.ApiKeys;
import dev.lapidary.serve.access.ApiKeys.Verdict;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Asks each call for an API key, if the server has some, in the same headers as HTTP. Open to all
 * are ServerLive and ServerReady.
 */
public final class ApiKeyCheck implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> API_KEY =
      Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER);
  private static final Set<String> OPEN = Set.of("ServerLive", "ServerReady");

  private final Supplier<Optional<ApiKeys>> keys;
  private final Runnable refused;

  /**
   * @param keys of the moment; empty: none is asked for
   * @param refused counts a call that is turned away
   */
  public ApiKeyCheck(Supplier<Optional<ApiKeys>> keys, Runnable refused) {
    this.keys = keys;
    this.refused = refused;
  }

  @Override
  public <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    Optional<ApiKeys> asked = keys.get();
    String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
    if (asked.isEmpty() || OPEN.contains(method)) {
      return next.startCall(call, headers);
    }
    Verdict verdict = asked.get().judge(all(headers, AUTHORIZATION), all(headers, API_KEY));
    if (verdict == Verdict.KNOWN) {
      return next.startCall(call, headers);
    }
    refused.run();
    call.close(Status.UNAUTHENTICATED.withDescription(verdict.refusal()), new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static List<String> all(Metadata headers, Metadata.Key<String> name) {
    List<String> values = new ArrayList<>();
    Iterable<String> found = headers.getAll(name);
    if (found != null) {
      found.forEach(values::add);
    }
    return values;
  }
}
