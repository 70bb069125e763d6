package dev.lapidary.spark.score;

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
  private volatile @Nullable String reason;

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

  /** What the last refused task said; empty once asked, and if there was none. */
  public Optional<String> takeReason() {
    String last = reason;
    reason = null;
    return Optional.ofNullable(last);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (end.reason() instanceof ExceptionFailure failure && failure.exception().isDefined()) {
      of(failure.exception().get())
          .ifPresent(
              refused -> {
                String where =
                    "executor " + end.taskInfo().executorId() + ": " + refused.getMessage();
                reason = where;
                context.cancelStage(end.stageId(), where);
              });
    }
  }

  /** The refusal in an exception or what caused it. */
  public static Optional<ModelRefused> of(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof ModelRefused refused) {
        return Optional.of(refused);
      }
    }
    return Optional.empty();
  }
}
