package dev.lapidary.spark.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.train.ClusterWorkers;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import dev.lapidary.trainer.program.TorchDevices;
import dev.lapidary.trainer.run.round.WorkerGroup;
import java.io.IOException;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** The Spark that a command of training works on. */
final class TrainingSession {
  private TrainingSession() {}

  /** What a command does. */
  @FunctionalInterface
  interface Work {
    int call() throws IOException;
  }

  /** Stops the session afterwards, if there was none before. */
  static int during(Work work) throws IOException {
    boolean own = SparkSession.getDefaultSession().isEmpty();
    SparkSession session = session();
    try {
      return work.call();
    } finally {
      if (own) {
        session.stop();
      }
    }
  }

  /** As many threads as a task has cores, unless the user says another number. */
  static RunConfig settled(RunConfig asked) {
    requireWorkers(asked);
    if (asked.threads() > 0) {
      return asked;
    }
    String cores = session().sparkContext().getConf().get("spark.task.cpus", "1");
    return RunYaml.with(asked, List.of(new Setting("threads", cores)), List.of());
  }

  /** Refuses (exit 2) what one machine does alone. */
  static void requireWorkers(RunConfig config) {
    if (TorchDevices.count(config.device()) > 1) {
      throw Failure.badInput(
          "--device %s names several devices of one machine, and spark's executors each have one;"
              + " name one, or use trainer",
          config.device());
    }
    if (!config.rounds().hasWorkers()) {
      throw Failure.badInput(
          "spark shares a run among --world-size workers, of which there is 1; give 2 or more, or"
              + " use trainer");
    }
  }

  static WorkerGroup.Opening workers() {
    JavaSparkContext context = context();
    return (inputs, checkpoints, progress) ->
        ClusterWorkers.open(context, inputs, checkpoints, progress);
  }

  /** Bytes of an executor's heap; in {@code local[N]} the driver's, which does their work. */
  static long executorMemory() {
    JavaSparkContext context = context();
    return context.isLocal()
        ? Runtime.getRuntime().maxMemory()
        : context.sc().executorMemory() * (1L << 20);
  }

  static JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(session().sparkContext());
  }

  private static SparkSession session() {
    return SparkSession.builder().appName("lapidary train").getOrCreate();
  }
}
