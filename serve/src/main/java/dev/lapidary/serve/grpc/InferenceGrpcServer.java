package dev.lapidary.serve.grpc;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.inference.InferenceService;
import dev.lapidary.serve.tls.TlsCredentials;
import io.grpc.DecompressorRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

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

  private final ExecutorService threads =
      Executors.newFixedThreadPool(THREADS, DaemonThreads.numbered("lapidary-grpc-"));

  /** As many as gRPC's own. */
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(
          Runtime.getRuntime().availableProcessors(),
          DaemonThreads.numbered("lapidary-grpc-loop-"),
          NioIoHandler.newFactory());

  private final GrpcCalls calls;
  private final Arrivals arrivals;
  private final Optional<GrpcTls> tls;
  private final Server server;

  /**
   * What it listens on, and what a message may be.
   *
   * @param port 0 for any free one
   * @param maxBytes of one message
   * @param bytesPerSecond at which a message must come, after
   * @param slowGrace from its beginning on
   * @param handshake of a connection, at the longest
   * @param connections open at a time
   */
  public record Settings(
      String host,
      int port,
      int maxBytes,
      int bytesPerSecond,
      Duration slowGrace,
      Duration handshake,
      int connections) {}

  /**
   * Who gets in, and what is noted of that.
   *
   * @param keys asks for API keys, before a message is taken in
   * @param log is told of each call
   * @param credentials of the server; without them nothing is encrypted
   */
  public record Entrance(ApiKeyCheck keys, CallLog log, Optional<TlsCredentials> credentials) {}

  private InferenceGrpcServer(
      InferenceService service, Admission admission, Entrance entrance, Settings settings) {
    calls = new GrpcCalls(service);
    arrivals =
        new Arrivals(
            admission,
            new Arrivals.Rate(settings.bytesPerSecond(), settings.slowGrace()),
            service::retryAfter);
    tls = entrance.credentials().map(GrpcTls::new);
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(settings.host(), settings.port()),
                tls.map(GrpcTls::credentials).orElseGet(InsecureServerCredentials::create))
            .channelFactory(() -> new BoundedListener(settings.connections()))
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
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
  }

  /**
   * Listens.
   *
   * @param admission of the bytes that messages take
   * @throws Failure (exit 1) if the port is taken
   */
  public static InferenceGrpcServer start(
      InferenceService service, Admission admission, Entrance entrance, Settings settings) {
    InferenceGrpcServer started = new InferenceGrpcServer(service, admission, entrance, settings);
    try {
      started.server.start();
      return started;
    } catch (IOException e) {
      started.close();
      throw Failure.failed(
          "cannot listen on %s:%d for gRPC: %s; choose another --grpc-port",
          settings.host(),
          settings.port(),
          Failure.reason(e.getCause() == null ? e : e.getCause()));
    }
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
  @SuppressWarnings("FutureReturnValueIgnored") // nothing of theirs is open any more
  public void close() {
    server.shutdownNow();
    arrivals.close();
    threads.shutdown();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
