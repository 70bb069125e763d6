package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.http.ShadowCounts.Fate;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelRepository;
import dev.lapidary.serve.repository.ModelUnavailable;
import dev.lapidary.serve.repository.ShadowRoute;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what a model was given, once that has answered, to another one, and compares what both made
 * of it. Clients come first: a copy runs alone, while fewer images are in flight than there are
 * processors, or else one a second; what finds no room among those that wait is shed, and all of
 * them are while clients fill a quarter of what they may, long before one of them is refused.
 * Thread-safe.
 */
final class Shadow implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shadow.class);

  /** How often it looks whether clients have left room, while copies wait. */
  private static final long LOOK_MILLIS = 1;

  /** A busy server runs one as often, so that something is known of it, too. */
  private static final long LONGEST_NANOS = 1_000_000_000;

  /** Of what clients may fill. */
  private static final int SHARE = 4;

  private final ShadowRoute route;
  private final ModelRepository<AnsweringModel> repository;
  private final Admission admission;
  private final ServerSettings settings;
  private final ShadowCounts counts;
  private final Thread thread = new Thread(this::work, "lapidary-shadow");

  /** Guarded by this. */
  private final ArrayDeque<Copy> waiting = new ArrayDeque<>();

  private long waitingBytes;
  private boolean closed;

  /** Of the thread alone. */
  private long lastNanos = System.nanoTime();

  /**
   * What a model was given, and answered.
   *
   * @param best the first class of each row
   * @param inferNanos of the run
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  private record Copy(ServedModel model, TypedTensor.Numbers input, int[] best, long inferNanos) {
    int bytes() {
      return input.data().remaining();
    }
  }

  Shadow(
      ShadowRoute route,
      ModelRepository<AnsweringModel> repository,
      Admission admission,
      ServerSettings settings,
      ShadowCounts counts) {
    this.route = route;
    this.repository = repository;
    this.admission = admission;
    this.settings = settings;
    this.counts = counts;
    thread.setDaemon(true);
    thread.start();
  }

  ShadowRoute route() {
    return route;
  }

  /**
   * An answer was found. Does not wait.
   *
   * @param model that answered
   * @param inputs of the run; never changed
   * @param backlogNanos until all that is accepted for the model will be answered
   */
  void offer(ServedModel model, List<TypedTensor> inputs, Outcome.Ran ran, long backlogNanos) {
    TypedTensor.Numbers input = (TypedTensor.Numbers) inputs.get(0);
    int[] best = best((TypedTensor.Numbers) ran.outputs().get(0));
    Copy copy = new Copy(model, input, best, ran.inferNanos());
    boolean busy = isFull() || SHARE * backlogNanos > settings.timeouts().deadline().toNanos();
    synchronized (this) {
      if (busy) {
        shedAll();
      }
      long bytes = waitingBytes + copy.bytes();
      boolean room = waiting.isEmpty() || bytes <= settings.limits().queueBytes() / SHARE;
      if (busy || closed || !room) {
        counts.add(Fate.SHED, best.length);
        return;
      }
      waiting.add(copy);
      waitingBytes = bytes;
      notifyAll();
    }
  }

  private boolean isFull() {
    return SHARE * (long) admission.held().images() > settings.limits().queueImages();
  }

  private synchronized void shedAll() {
    waiting.forEach(copy -> counts.add(Fate.SHED, copy.best().length));
    waiting.clear();
    waitingBytes = 0;
  }

  /** By row, the first of the largest. */
  static int[] best(TypedTensor.Numbers scores) {
    int rows = Math.toIntExact(scores.shape().get(0));
    ByteBuffer data = scores.data();
    FloatBuffer values = data.asFloatBuffer();
    int classes = values.remaining() / rows;
    int[] best = new int[rows];
    for (int row = 0; row < rows; row++) {
      int from = row * classes;
      for (int i = 1; i < classes; i++) {
        if (values.get(from + i) > values.get(from + best[row])) {
          best[row] = i;
        }
      }
    }
    return best;
  }

  private void work() {
    try {
      while (true) {
        Copy copy = next();
        Admission.Permit running = admission.open(); // nothing is measured beside it
        try {
          run(copy);
        } finally {
          running.close();
        }
      }
    } catch (InterruptedException e) {
      // closed
    }
  }

  private synchronized Copy next() throws InterruptedException {
    while (true) {
      while (waiting.isEmpty()) {
        wait();
      }
      if (isFull()) {
        shedAll();
        continue;
      }
      long now = System.nanoTime();
      boolean quiet = admission.held().images() < settings.decodeThreads();
      if (quiet || now - lastNanos >= LONGEST_NANOS) {
        lastNanos = now;
        Copy copy = waiting.remove();
        waitingBytes -= copy.bytes();
        return copy;
      }
      wait(LOOK_MILLIS);
    }
  }

  private void run(Copy copy) throws InterruptedException {
    Fate fate = Fate.FAILED;
    try (Lease<AnsweringModel> lease = repository.lease(route.model(), route.version())) {
      if (ShadowFit.trouble(route.name(), copy.model(), lease.model()).isEmpty()) {
        Serving serving = lease.model().requireImages();
        Outcome outcome = outcome(copy, serving);
        if (outcome instanceof Outcome.Ran ran) {
          compare(copy, ran);
          return;
        }
        fate = outcome instanceof Outcome.Late ? Fate.SHED : Fate.FAILED;
      } else {
        fate = Fate.UNAVAILABLE;
      }
    } catch (ModelUnavailable e) {
      fate = Fate.UNAVAILABLE;
    } catch (RuntimeException | Error e) { // also an Error: this thread must outlive every copy
      LOG.error("--shadow {}: a copy could not be run", route, e);
    }
    counts.add(fate, copy.best().length);
  }

  private Outcome outcome(Copy copy, Serving serving) throws InterruptedException {
    ServedModel model = serving.model();
    TypedTensor.Numbers own = copy.input();
    TypedTensor input =
        new TypedTensor.Numbers(model.signature().input(), own.type(), own.shape(), own.data());
    CompletableFuture<Outcome> answer =
        serving
            .batcher()
            .submit(
                List.of(input),
                Set.of(model.signature().output()),
                Deadline.after(settings.timeouts().deadline()),
                Batcher.LOWEST_PRIORITY);
    try {
      return answer.get();
    } catch (InterruptedException e) {
      answer.cancel(false);
      throw e;
    } catch (ExecutionException e) {
      throw new IllegalStateException("an outcome never fails", e);
    }
  }

  private void compare(Copy copy, Outcome.Ran ran) {
    int[] best = best((TypedTensor.Numbers) ran.outputs().get(0));
    int same = 0;
    for (int i = 0; i < best.length; i++) {
      same += best[i] == copy.best()[i] ? 1 : 0;
    }
    counts.add(Fate.SAME, same);
    counts.add(Fate.OTHER, best.length - same);
    counts.ran(copy.inferNanos(), ran.inferNanos());
  }

  /** Sheds what waits, and leaves a run that has begun. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      shedAll();
    }
    thread.interrupt();
  }
}
