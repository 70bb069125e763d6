package dev.lapidary.serve.grpc;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.inference.InferenceService;
import dev.lapidary.serve.tls.TlsCredentials;
import io.grpc.DecompressorRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The Open Inference Protocol over gRPC, on a port of its own. */
public final class InferenceGrpcServer implements AutoCloseable {
  /** Calls that one connection may have open; the others wait at the client. */
  private static final int CALLS = 64;

  private static final int METADATA_BYTES = 8 << 10;
  private static final int THREADS = 4;
  private static final long IDLE_MINUTES = 5;

  /** Streams that a client may end before their time: a window's most, and its length. */
  private static final int RESETS = 400;

  private static final int RESET_SECONDS = 10;

  private final Server server;
  private final ExecutorService threads;
  private final GrpcCalls calls;
  private final Arrivals arrivals;
  private final Optional<GrpcTls> tls;

  private InferenceGrpcServer(
      Server server,
      ExecutorService threads,
      GrpcCalls calls,
      Arrivals arrivals,
      Optional<GrpcTls> tls) {
    this.server = server;
    this.threads = threads;
    this.calls = calls;
    this.arrivals = arrivals;
    this.tls = tls;
  }

  /**
   * What it listens on, and what a message may be.
   *
   * @param port 0 for any free one
   * @param maxBytes of one message
   * @param bytesPerSecond at which a message must come, after
   * @param slowGrace from its beginning on
   * @param handshake of a connection, at the longest
   */
  public record Settings(
      String host,
      int port,
      int maxBytes,
      int bytesPerSecond,
      Duration slowGrace,
      Duration handshake) {}

  /**
   * Who gets in, and what is noted of that.
   *
   * @param keys asks for API keys, before a message is taken in
   * @param log is told of each call
   * @param credentials of the server; without them nothing is encrypted
   */
  public record Entrance(ApiKeyCheck keys, CallLog log, Optional<TlsCredentials> credentials) {}

  /**
   * Listens.
   *
   * @param admission of the bytes that messages take
   * @throws Failure (exit 1) if the port is taken
   */
  public static InferenceGrpcServer start(
      InferenceService service, Admission admission, Entrance entrance, Settings settings) {
    ExecutorService threads = threads();
    GrpcCalls calls = new GrpcCalls(service);
    Arrivals arrivals =
        new Arrivals(admission, new Arrivals.Rate(settings.bytesPerSecond(), settings.slowGrace()));
    Optional<GrpcTls> tls = entrance.credentials().map(GrpcTls::new);
    Server server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(settings.host(), settings.port()),
                tls.map(GrpcTls::credentials).orElseGet(InsecureServerCredentials::create))
            .handshakeTimeout(settings.handshake().toMillis(), TimeUnit.MILLISECONDS)
            .executor(threads)
            .maxInboundMessageSize(settings.maxBytes())
            .maxInboundMetadataSize(METADATA_BYTES)
            .maxConcurrentCallsPerConnection(CALLS)
            .maxConnectionIdle(IDLE_MINUTES, TimeUnit.MINUTES)
            .maxRstFramesPerWindow(RESETS, RESET_SECONDS)
            .decompressorRegistry(
                DecompressorRegistry.getDefaultInstance().with(new Deflate(), true))
            .addStreamTracerFactory(arrivals)
            .intercept(arrivals)
            .intercept(entrance.keys())
            .intercept(entrance.log()) // the last one is the first to see a call
            .addService(calls.definition())
            .build();
    try {
      server.start();
    } catch (IOException e) {
      arrivals.close();
      threads.shutdown();
      throw Failure.failed(
          "cannot listen on %s:%d for gRPC: %s; choose another --grpc-port",
          settings.host(),
          settings.port(),
          Failure.reason(e.getCause() == null ? e : e.getCause()));
    }
    return new InferenceGrpcServer(server, threads, calls, arrivals, tls);
  }

  private static ExecutorService threads() {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        THREADS,
        task -> {
          Thread thread = new Thread(task, "lapidary-grpc-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Another certificate, for the connections that come, if there was one. */
  public void exchange(TlsCredentials next) {
    tls.ifPresent(own -> own.exchange(next));
  }

  /** The real one. */
  public int port() {
    return server.getPort();
  }

  /** Accepts nothing more; calls that are open go on, streams until their request is answered. */
  public void stop() {
    server.shutdown();
    calls.stop();
  }

  /** Waits for the calls that are open; false if the time passed before. */
  public boolean awaitEnd(Duration time) throws InterruptedException {
    return server.awaitTermination(time.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Ends what is still open. */
  @Override
  public void close() {
    server.shutdownNow();
    arrivals.close();
    threads.shutdown();
  }
}
