package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.BatchStatistics;
import dev.lapidary.runtime.model.ServedModel;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An HTTP server in this process. It answers {@code /v2/health/live} from {@link #bind} on, and
 * predicts from {@link #serve} on, if the model passes its golden check. {@link #close} answers
 * what was accepted, then stops.
 */
public final class PredictionServer implements AutoCloseable {
  private static final long ASK_AGAIN_MILLIS = 100;
  private static final long READ_MILLIS = 1000;
  private static final long ACCEPT_MILLIS = 300;

  private final ServerState state;
  private final ApplicationContext context;
  private final EmbeddedServer http;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch closed = new CountDownLatch(1);

  private PredictionServer(ServerState state, ApplicationContext context, EmbeddedServer http) {
    this.state = state;
    this.context = context;
    this.http = http;
  }

  /**
   * Listens, with no model yet.
   *
   * @throws Failure (exit 1) if the port is taken
   */
  public static PredictionServer bind(ServerSettings settings) {
    ServerState state = new ServerState(settings);
    ApplicationContext context =
        ApplicationContext.builder()
            .banner(false)
            // All settings come from the command line, none from the surroundings.
            .deduceEnvironment(false)
            .environmentPropertySource(false)
            .enableDefaultPropertySources(false)
            .properties(properties(settings))
            .singletons(state)
            .build();
    try {
      context.start();
      EmbeddedServer http = context.getBean(EmbeddedServer.class);
      http.start();
      return new PredictionServer(state, context, http);
    } catch (RuntimeException e) {
      context.close();
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw Failure.failed(
          "cannot listen on %s:%d: %s; choose another --port",
          settings.host(), settings.port(), Failure.reason(cause));
    }
  }

  private static Map<String, Object> properties(ServerSettings settings) {
    int bodyBytes = settings.limits().bodyBytes();
    Map<String, Object> all = new HashMap<>();
    all.put("micronaut.server.host", settings.host());
    all.put("micronaut.server.port", settings.port() == 0 ? -1 : settings.port());
    all.put("micronaut.server.max-request-size", bodyBytes);
    all.put("micronaut.server.max-request-buffer-size", bodyBytes);
    // Connections are watched by ConnectionGuard, which knows what each waits for.
    all.put("micronaut.server.idle-timeout", "-1s");
    all.put("micronaut.server.date-header", false);
    all.put("micronaut.server.netty.request-decompression-enabled", false); // see ContentCoding
    return all;
  }

  /**
   * Checks the model against its golden images, and predicts with it if it passes. The server owns
   * the model from here on.
   *
   * @throws Failure (exit 2) if the largest batch does not fit into memory
   * @return why it does not pass, or that the server is stopping: requests are then answered 503
   *     with that reason
   */
  public Optional<String> serve(ServedModel model) {
    Optional<String> failure = model.goldenFailure();
    if (failure.isPresent()) {
      model.close();
      state.become(new ServerState.Phase.NotReady("golden_check_failed", failure.get()));
      return failure;
    }
    Serving serving = serving(model);
    Warmup.run(serving);
    if (!state.become(new ServerState.Phase.Ready(serving))) {
      serving.close();
    }
    return state.unready();
  }

  private Serving serving(ServedModel model) {
    try {
      return new Serving(model, state.admission(), state.settings());
    } catch (Failure e) {
      model.close();
      throw e;
    }
  }

  /** With the real port. */
  public URI uri() {
    return http.getURI();
  }

  /** Images that are accepted and not yet answered. */
  public int imagesInFlight() {
    return state.admission().held().images();
  }

  /**
   * What the batcher has done so far.
   *
   * @throws IllegalStateException before a model is served
   */
  public BatchStatistics.Snapshot batches() {
    return state
        .serving()
        .orElseThrow(() -> new IllegalStateException("no model is served"))
        .batcher()
        .statistics()
        .snapshot();
  }

  /** What became of the requests so far. */
  public RequestCounts.Snapshot requests() {
    return state.requests().snapshot();
  }

  /** Waits until the server is closed, by whomever. */
  public void awaitClose() throws InterruptedException {
    closed.await();
  }

  /**
   * What was sent and not read yet is read, and refused: a connection closed over it says nothing.
   * On a busy machine that takes its time, and a connection may not be accepted yet.
   */
  private boolean awaitRead() {
    try {
      Thread.sleep(ACCEPT_MILLIS);
      if (state.connections().get() > 0) {
        Thread.sleep(READ_MILLIS - ACCEPT_MILLIS);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // stop at once
      return false;
    }
  }

  private boolean awaitAnswers() {
    try {
      return state.admission().awaitEmpty(state.settings().timeouts().grace());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // stop at once
      return false;
    }
  }

  /**
   * An answer that is found is not yet sent: connections with one end when it is written. Asks
   * again and again, since a connection that wrote its answer's end in the very moment of asking
   * stays open; the next time it has nothing to write and ends.
   */
  private boolean awaitWritten() {
    if (!(http instanceof GracefulShutdownCapable connections)) {
      return true;
    }
    long deadline = System.nanoTime() + state.settings().timeouts().grace().toNanos();
    boolean written = false;
    while (!written && System.nanoTime() < deadline) {
      try {
        connections
            .shutdownGracefully()
            .toCompletableFuture()
            .get(ASK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        written = true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // stop at once
        return false;
      } catch (ExecutionException e) {
        return false;
      } catch (TimeoutException e) {
        // not yet
      }
    }
    return written;
  }

  /** Still answers, for as long as others may need to notice that it is not ready. */
  private void drain() {
    long delay = state.settings().timeouts().drainDelay().toMillis();
    if (delay > 0 && state.drain()) {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // stop at once
      }
    }
  }

  /**
   * Is not ready for the drain delay, then refuses what comes, answers what was accepted within the
   * grace time, and stops.
   */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    drain();
    Optional<Serving> served = state.stop();
    boolean answered = awaitRead() && awaitAnswers() && awaitWritten();
    http.stop();
    context.close();
    state.close();
    // A network that outlasts the grace time is left to its daemon thread: waiting for it would
    // make the stop as long as it is stuck.
    if (answered) {
      served.ifPresent(Serving::close);
    }
    closed.countDown();
  }
}
