package dev.lapidary.trainer.run.round;

import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.nio.file.Path;

/** All workers of a run, wherever they are. */
public interface WorkerGroup extends AutoCloseable {

  /** Lets each worker do its part, and puts the shares together. */
  Meeting round(Round round);

  @Override
  void close();

  /** How a run comes by its workers. */
  @FunctionalInterface
  interface Opening {
    /**
     * On libtorch's thread.
     *
     * @param checkpoints where the last good one is, for messages
     */
    WorkerGroup open(RunInputs inputs, Path checkpoints, Progress progress);
  }
}
