package dev.lapidary.serve.http;

import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.batch.WhenIdle;
import dev.lapidary.runtime.model.ImageNetwork;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tune.BatchPlan;
import dev.lapidary.runtime.tune.CurveCache;
import dev.lapidary.runtime.tune.CurveMeter;
import dev.lapidary.runtime.tune.LatencyCurve;
import dev.lapidary.serve.admission.Admission;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out how a model is best run: from curves that were measured before, before it serves; or
 * while it serves, once nothing else is done, by a thread of its own, which ends with the plan.
 * Until then it runs whatever has queued, in one run at a time.
 */
final class Tuner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Tuner.class);
  private static final long LOOK_MILLIS = 50;

  private final ServedModel model;
  private final Batcher batcher;
  private final Admission admission;
  private final ServerSettings.Tuning tuning;
  private final Thread thread;
  private final CurveCache cache;
  private final CurveCache.Key key;
  private volatile boolean closed;
  private @Nullable ImageNetwork narrow;

  Tuner(ServedModel model, Batcher batcher, Admission admission, ServerSettings.Tuning tuning) {
    this.model = model;
    this.batcher = batcher;
    this.admission = admission;
    this.tuning = tuning;
    this.thread = new Thread(this::find, "lapidary-tune");
    thread.setDaemon(true);
    this.cache = new CurveCache(tuning.cache());
    this.key =
        new CurveCache.Key(
            model.sha256(),
            model.device() + " " + configurations(),
            model.session().engineVersion(),
            batcher.maxBatch());
  }

  /**
   * Settles what is known, else begins to find out.
   *
   * @return whether it is settled
   */
  boolean begin() {
    try {
      if (tuning.known().isPresent()) {
        adopt(tuning.known().get(), "told");
        return true;
      }
      List<LatencyCurve> curves = cache.read(key);
      if (!curves.isEmpty()) {
        adopt(BatchPlan.of(curves, tuning.p99()), "measured before");
        return true;
      }
      thread.start();
    } catch (TensorNetwork.Unrunnable | RuntimeException e) {
      warn(e);
    }
    return false;
  }

  private void find() {
    try {
      List<LatencyCurve> curves = List.of();
      while (curves.isEmpty() && !closed) {
        awaitIdle();
        curves = measure();
      }
      if (!curves.isEmpty()) {
        keep(curves);
        adopt(BatchPlan.of(curves, tuning.p99()), "measured now");
      }
    } catch (InterruptedException e) {
      // closed
    } catch (TensorNetwork.Unrunnable | RuntimeException e) {
      warn(e);
    }
  }

  private void warn(Exception e) {
    LOG.warn("{} stays as it is: how it is best run cannot be found out", model.name(), e);
  }

  private void keep(List<LatencyCurve> curves) {
    try {
      cache.write(key, curves);
    } catch (IOException e) {
      LOG.warn(
          "the latency curve cannot be kept, and is measured again at the next start: {}",
          e.getMessage());
    }
  }

  /** Several runs of one thread are the other way to use several processors. */
  private List<Integer> configurations() {
    boolean several =
        !model.device().isGpu()
            && model.threads() > 1
            && model.session().hasThreadsOfItsOwn()
            && tuning.severalExecutors();
    return several ? List.of(1, model.threads()) : List.of(1);
  }

  private boolean isAlone() {
    return !closed && admission.held().requests() == 0;
  }

  /** Whether no more images are held, of all models', than those that wait. */
  private boolean isIdle(int waiting) {
    return admission.held().images() <= waiting;
  }

  private void awaitIdle() throws InterruptedException {
    long since = System.nanoTime();
    while (System.nanoTime() - since < tuning.idle().toNanos()) {
      Thread.sleep(LOOK_MILLIS);
      if (!isAlone()) {
        since = System.nanoTime();
      }
      if (closed) {
        throw new InterruptedException("closed");
      }
    }
  }

  /** Empty if a request came meanwhile. */
  private List<LatencyCurve> measure() throws TensorNetwork.Unrunnable, InterruptedException {
    int max = model.batches() ? batcher.maxBatch() : 1;
    CurveMeter meter = new CurveMeter(model.blank(), max, this::isAlone);
    List<LatencyCurve> curves = new ArrayList<>();
    for (int executors : configurations()) {
      TensorNetwork network = executors == 1 ? model.tensors() : narrow().tensors();
      Optional<LatencyCurve> curve =
          meter.measure(network, executors, executors == 1 ? model.threads() : 1);
      if (curve.isEmpty()) {
        return List.of();
      }
      curves.add(curve.get());
    }
    return curves;
  }

  /** The same network where each run has one thread. */
  private ImageNetwork narrow() {
    ImageNetwork opened = narrow;
    if (opened == null) {
      opened = model.again(1);
      narrow = opened;
    }
    return opened;
  }

  /**
   * @param how it is known
   */
  private void adopt(BatchPlan plan, String how) throws TensorNetwork.Unrunnable {
    if (closed) {
      return;
    }
    boolean own = plan.executors() == 1;
    TensorNetwork network = own ? model.tensors() : narrow().tensors();
    if (!own && !how.equals("measured now")) { // by which it was warmed up
      new CurveMeter(model.blank(), plan.maxBatch(), this::isAlone).warm(network);
    }
    Optional<WhenIdle> idle =
        plan.idleThreads() > plan.threads()
            ? Optional.of(new WhenIdle(model.tensors(), this::isIdle))
            : Optional.empty();
    batcher.become(Collections.nCopies(plan.executors(), network), idle, plan.policy());
    plan.nanosPerImage().ifPresent(batcher.statistics()::expect);
    if (own) {
      closeNarrow();
    }
    tuning.announce().accept("[%s] %s (%s)".formatted(model.name(), plan.reason(), how));
  }

  private void closeNarrow() {
    ImageNetwork opened = narrow;
    if (opened != null) {
      opened.close();
      narrow = null;
    }
  }

  /** Ends what it does; the batcher's networks stay open. */
  void stop() {
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** After the batcher. */
  @Override
  public void close() {
    closeNarrow();
  }
}
