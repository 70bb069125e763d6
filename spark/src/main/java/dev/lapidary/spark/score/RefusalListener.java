package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.jspecify.annotations.Nullable;

/**
 * Ends a stage when one of its tasks throws {@link ModelRefused}: otherwise Spark would try the
 * same model again, {@code spark.task.maxFailures} times on each executor.
 */
public final class RefusalListener extends SparkListener {
  private static final Map<SparkContext, RefusalListener> LISTENING = new WeakHashMap<>();

  private final SparkContext context;
  private volatile @Nullable Failure last;

  private RefusalListener(SparkContext context) {
    this.context = context;
  }

  /** The context's own; the first call adds it. */
  public static RefusalListener of(SparkContext context) {
    synchronized (LISTENING) {
      return LISTENING.computeIfAbsent(
          context,
          c -> {
            RefusalListener listener = new RefusalListener(c);
            c.addSparkListener(listener);
            return listener;
          });
    }
  }

  /** The same, when a job begins: what an earlier one was refused for is not this one's reason. */
  public static RefusalListener ofNewJob(SparkContext context) {
    RefusalListener listener = of(context);
    listener.last = null;
    return listener;
  }

  /** What the last refused task said; empty once asked, and if there was none. */
  public Optional<Failure> take() {
    Failure taken = last;
    last = null;
    return Optional.ofNullable(taken);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.reason() instanceof ExceptionFailure failure && failure.exception().isDefined()) {
      refusal(failure.exception().get())
          .ifPresent(refused -> cancel(refused, end.taskInfo().executorId(), end.stageId()));
    }
  }

  private void cancel(ModelRefused refused, String executor, int stage) {
    String where = "executor " + executor + ": " + refused.getMessage();
    last = new Failure(refused.code(), where);
    context.cancelStage(stage, where);
  }

  private static Optional<ModelRefused> refusal(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof ModelRefused refused) {
        return Optional.of(refused);
      }
    }
    return Optional.empty();
  }
}
