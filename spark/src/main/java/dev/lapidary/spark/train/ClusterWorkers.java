package dev.lapidary.spark.train;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.score.RefusalListener;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.round.Meeting;
import dev.lapidary.trainer.run.round.Round;
import dev.lapidary.trainer.run.round.WorkerGroup;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Workers as tasks: a round is one job. The common weights are broadcast; each task does one
 * worker's part, a function of the round and the worker's number alone, so that it may be done
 * again, or twice, anywhere; slices of the shares are put together in the workers' order and
 * collected.
 */
public record ClusterWorkers(JavaSparkContext context, ShippedRun run, int worldSize)
    implements WorkerGroup {

  /** As {@link WorkerGroup.Opening}. */
  public static WorkerGroup open(
      JavaSparkContext context, RunInputs inputs, Path checkpoints, Progress progress) {
    RunConfig config = inputs.config();
    progress.say(
        "spark %s at %s: each executor reads %s and the weights by itself, once"
            .formatted(context.version(), context.master(), config.data().train()));
    return new ClusterWorkers(
        context, ShippedRun.of(inputs, checkpoints), config.rounds().worldSize());
  }

  @Override
  public Meeting round(Round round) {
    long bytes = bytes(round.model()) + bytes(round.optimizer());
    RefusalListener refusals = RefusalListener.ofNewJob(context.sc());
    ShippedRun shipped = run;
    try {
      return RoundJob.of(context, worldSize, bytes)
          .run(round, (begun, number) -> ExecutorWorker.work(shipped, begun, number));
    } catch (OutOfMemoryError e) {
      throw new Failure(
          ExitCode.FAILED,
          "out of memory: a round of %d MB takes about %d MB of the driver's heap, which has %d MB;"
                  .formatted(
                      bytes >> 20,
                      (long) RoundMemory.driver((double) bytes) >> 20,
                      Runtime.getRuntime().maxMemory() >> 20)
              + " give --driver-memory; spark resume goes on from the last checkpoint",
          e);
    } catch (Exception e) { // Scala's methods throw what they do not declare
      throw failure(refusals, round, e);
    }
  }

  private static long bytes(Map<String, byte[]> tensors) {
    return tensors.values().stream().mapToLong(bytes -> bytes.length).sum();
  }

  private static RuntimeException failure(RefusalListener refusals, Round round, Exception e) {
    Optional<Failure> refused = refusals.take();
    if (refused.isPresent()) {
      return refused.get();
    }
    if (e instanceof Failure failure) {
      return failure;
    }
    return new Failure(
        ExitCode.FAILED,
        "the round after step %d failed: %s; spark resume goes on from the last checkpoint"
            .formatted(round.at().step(), Failure.reason(e)),
        e);
  }

  @Override
  public void close() {}
}
