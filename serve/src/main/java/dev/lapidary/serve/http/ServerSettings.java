package dev.lapidary.serve.http;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.serve.batch.BatchPolicy;
import java.time.Duration;

/**
 * All that a server can be told.
 *
 * @param host to bind; the loopback address unless told
 * @param port 0 for any free one
 * @param decodeThreads that decode and preprocess
 * @param deadline of a request that names none
 * @param grace how long a stop waits for requests that were accepted
 */
public record ServerSettings(
    String host,
    int port,
    BatchPolicy batch,
    Limits limits,
    int decodeThreads,
    Duration deadline,
    Duration grace) {

  /**
   * What one request may be, and all together.
   *
   * @param bodyBytes of one request's body, after decompression
   * @param requestImages in one request
   * @param queueImages accepted and not yet answered
   * @param queueBytes of bodies, accepted and not yet answered
   * @param image of one image, checked from its header before it is decoded
   */
  public record Limits(
      int bodyBytes, int requestImages, int queueImages, long queueBytes, ImageLimits image) {
    public static final Limits DEFAULT =
        new Limits(32 << 20, 64, 256, 128L << 20, ImageLimits.DEFAULT);

    public Limits {
      if (bodyBytes < 1 || requestImages < 1 || queueImages < 1 || queueBytes < bodyBytes) {
        throw new IllegalArgumentException(
            "limits must be positive, and a queue's bytes at least a body's, but are %d, %d, %d, %d"
                .formatted(bodyBytes, requestImages, queueImages, queueBytes));
      }
    }
  }

  /** Loopback, any free port, greedy batches of at most 32. */
  public static ServerSettings local() {
    return new ServerSettings(
        "127.0.0.1",
        0,
        BatchPolicy.greedy(32),
        Limits.DEFAULT,
        Runtime.getRuntime().availableProcessors(),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30));
  }

  public ServerSettings withBatch(BatchPolicy other) {
    return new ServerSettings(host, port, other, limits, decodeThreads, deadline, grace);
  }

  public ServerSettings withLimits(Limits other) {
    return new ServerSettings(host, port, batch, other, decodeThreads, deadline, grace);
  }
}
