package dev.lapidary.serve.tracing;

import java.util.Optional;

/**
 * A request that has been answered.
 *
 * @param client its address; empty if it is not known
 * @param id by which its client and the access log know it
 * @param beganNanos on the clock of {@link System#nanoTime()}
 * @param worked empty if it was refused, or is no inference
 */
public record TracedRequest(
    Transport transport,
    String client,
    Optional<String> userAgent,
    String id,
    long beganNanos,
    Optional<Worked> worked) {

  /** How it came, and what became of it there. */
  public sealed interface Transport {}

  /**
   * @param route the path's pattern; empty if there is none
   * @param scheme {@code http} or {@code https}
   * @param version such as 1.1
   */
  public record Http(
      String method, Optional<String> route, String path, String scheme, String version, int status)
      implements Transport {}

  /**
   * @param method {@code service/method}
   * @param status its name
   */
  public record Grpc(String method, String status) implements Transport {}
}
