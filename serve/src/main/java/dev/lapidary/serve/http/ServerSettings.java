package dev.lapidary.serve.http;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.tune.BatchPlan;
import dev.lapidary.serve.admission.PriorityLevels;
import dev.lapidary.serve.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * All that a server can be told.
 *
 * @param host to bind; the loopback address unless told
 * @param port 0 for any free one
 * @param decodeThreads that decode and preprocess
 * @param tuning of batches and executors
 * @param access who may ask, and whether people find a page
 * @param priorities of requests; empty if all have the same
 */
public record ServerSettings(
    String host,
    int port,
    BatchPolicy batch,
    Limits limits,
    int decodeThreads,
    Timeouts timeouts,
    Tuning tuning,
    Access access,
    Optional<PriorityLevels> priorities) {

  /** As told, and no more. */
  public ServerSettings(
      String host,
      int port,
      BatchPolicy batch,
      Limits limits,
      int decodeThreads,
      Timeouts timeouts) {
    this(
        host,
        port,
        batch,
        limits,
        decodeThreads,
        timeouts,
        Tuning.OFF,
        Access.DEFAULT,
        Optional.empty());
  }

  /**
   * Who may ask what.
   *
   * @param apiKeys a file of keys, one of which each request must show; without it nobody is asked
   * @param page whether there is a page at {@code /}
   * @param tls the server's certificate, for HTTP and gRPC; without it neither is encrypted
   */
  public record Access(Optional<Path> apiKeys, boolean page, Optional<TlsFiles> tls) {
    public static final Access DEFAULT = new Access(Optional.empty(), true, Optional.empty());

    public Access withTls(TlsFiles files) {
      return new Access(apiKeys, page, Optional.of(files));
    }
  }

  /**
   * Whether the server finds out how its models are best run.
   *
   * @param severalExecutors whether it may run several batches at a time, of one thread each
   * @param p99 the objective of the plans
   * @param idle so long nothing is asked before it measures
   * @param cache the folder of what was measured before
   * @param announce is told a line a model, when its plan is adopted
   * @param known the plan, where nothing is to be found out
   */
  public record Tuning(
      boolean isOn,
      boolean severalExecutors,
      Optional<Duration> p99,
      Duration idle,
      Path cache,
      Consumer<String> announce,
      Optional<BatchPlan> known) {
    public static final Tuning OFF =
        new Tuning(
            false,
            false,
            Optional.empty(),
            Duration.ZERO,
            Path.of(""),
            line -> {},
            Optional.empty());

    public static Tuning known(BatchPlan plan, Consumer<String> announce) {
      return new Tuning(
          true, false, Optional.empty(), Duration.ZERO, Path.of(""), announce, Optional.of(plan));
    }
  }

  /**
   * What one request may be, and all together.
   *
   * @param bodyBytes of one request's body, after decompression
   * @param requestImages in one request
   * @param queueImages accepted and not yet answered
   * @param queueBytes of bodies, come and not yet answered
   * @param connections open at a time
   * @param image of one image, checked from its header before it is decoded
   */
  public record Limits(
      int bodyBytes,
      int requestImages,
      int queueImages,
      long queueBytes,
      int connections,
      ImageLimits image) {
    public static final Limits DEFAULT =
        new Limits(32 << 20, 64, 256, 128L << 20, 1024, ImageLimits.DEFAULT);

    public Limits {
      if (bodyBytes < 1
          || requestImages < 1
          || queueImages < 1
          || queueBytes < bodyBytes
          || connections < 1) {
        throw new IllegalArgumentException(
            "limits must be positive, and a queue's bytes at least a body's, but are"
                + " %d, %d, %d, %d, %d"
                    .formatted(bodyBytes, requestImages, queueImages, queueBytes, connections));
      }
    }
  }

  /**
   * How long it waits for whom.
   *
   * @param deadline of a request that names none
   * @param maxDeadline the longest that a request gets, whatever it names
   * @param header of a request, from the connection's beginning to the header's end
   * @param keepAlive from an answer to the end of the next request's header
   * @param linger for the rest of a body that is answered already
   * @param bodyGrace from where on a body must come at the least rate, counted from its beginning
   * @param bodyBytesPerSecond the least rate
   * @param drainDelay how long a stop still answers new requests, not being ready
   * @param grace how long a stop waits then for requests that were accepted
   */
  public record Timeouts(
      Duration deadline,
      Duration maxDeadline,
      Duration header,
      Duration keepAlive,
      Duration linger,
      Duration bodyGrace,
      int bodyBytesPerSecond,
      Duration drainDelay,
      Duration grace) {
    public static final Timeouts DEFAULT =
        new Timeouts(
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            1024,
            Duration.ZERO,
            Duration.ofSeconds(30));

    public Timeouts withDeadlines(Duration max, Duration otherwise) {
      return new Timeouts(
          otherwise,
          max,
          header,
          keepAlive,
          linger,
          bodyGrace,
          bodyBytesPerSecond,
          drainDelay,
          grace);
    }

    /** Of the header, and of a body's least rate. */
    public Timeouts withReading(Duration head, Duration slow, int minBytesPerSecond) {
      return new Timeouts(
          deadline,
          maxDeadline,
          head,
          keepAlive,
          linger,
          slow,
          minBytesPerSecond,
          drainDelay,
          grace);
    }

    public Timeouts withStop(Duration delay, Duration patience) {
      return new Timeouts(
          deadline,
          maxDeadline,
          header,
          keepAlive,
          linger,
          bodyGrace,
          bodyBytesPerSecond,
          delay,
          patience);
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
        Timeouts.DEFAULT);
  }

  public ServerSettings withBatch(BatchPolicy other) {
    return new ServerSettings(
        host, port, other, limits, decodeThreads, timeouts, tuning, access, priorities);
  }

  public ServerSettings withLimits(Limits other) {
    return new ServerSettings(
        host, port, batch, other, decodeThreads, timeouts, tuning, access, priorities);
  }

  public ServerSettings withTimeouts(Timeouts other) {
    return new ServerSettings(
        host, port, batch, limits, decodeThreads, other, tuning, access, priorities);
  }

  public ServerSettings withTuning(Tuning other) {
    return new ServerSettings(
        host, port, batch, limits, decodeThreads, timeouts, other, access, priorities);
  }

  public ServerSettings withAccess(Access other) {
    return new ServerSettings(
        host, port, batch, limits, decodeThreads, timeouts, tuning, other, priorities);
  }

  public ServerSettings withPriorities(PriorityLevels levels) {
    return new ServerSettings(
        host, port, batch, limits, decodeThreads, timeouts, tuning, access, Optional.of(levels));
  }

  /** What a request gets that names this priority, or 0 for none. */
  int priority(long named) {
    return priorities.isPresent() ? priorities.get().of(named) : 1;
  }
}
