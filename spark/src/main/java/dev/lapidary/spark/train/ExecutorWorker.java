package dev.lapidary.spark.train;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.score.ModelRefused;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.round.Contribution;
import dev.lapidary.trainer.run.round.Round;
import dev.lapidary.trainer.run.round.Worker;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Does workers' parts in this JVM, one at a time: libtorch's generator is the process's. A task
 * that Spark interrupts, since another copy of it was faster, lets its work end first.
 */
record ExecutorWorker(ShippedRun run, Worker worker) {
  private static final ExecutorService ONE_AT_A_TIME =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "rounds");
            thread.setDaemon(true);
            return thread;
          });

  private static Optional<ExecutorWorker> present = Optional.empty();

  /**
   * @throws ModelRefused if it cannot be done here, or would be done otherwise than on the driver
   */
  static Contribution work(ShippedRun run, Round round, int number) {
    RunConfig config = run.run();
    try {
      return ONE_AT_A_TIME
          .submit(
              () ->
                  Libtorch.call(
                      config.threads(),
                      () -> {
                        try (Worker.Task task = of(run, config).begin(round, number)) {
                          return task.work();
                        }
                      }))
          .get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("worker " + number + " is not needed any more", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Failure failure) {
        throw new ModelRefused(failure);
      }
      if (e.getCause() instanceof LinkageError error) {
        throw new ModelRefused(
            new Failure(ExitCode.FAILED, "libtorch does not start here: " + error, error));
      }
      throw new IllegalStateException("worker " + number, e.getCause());
    }
  }

  /** The one of this run; another run's, or one of the same images elsewhere, is closed. */
  private static Worker of(ShippedRun run, RunConfig config) throws Exception {
    if (present.isEmpty() || !present.get().run.equals(run)) {
      present.ifPresent(other -> other.worker.close());
      present = Optional.empty();
      Progress silent = Progress.silent();
      RunInputs inputs = RunInputs.open(config, silent, () -> false);
      Runs.requireAlike(run.identity(), inputs.identity());
      Worker worker = new Worker(inputs, Path.of(run.checkpoints()));
      present = Optional.of(new ExecutorWorker(run, worker));
    }
    return present.get().worker;
  }
}
