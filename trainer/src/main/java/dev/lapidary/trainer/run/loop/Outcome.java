package dev.lapidary.trainer.run.loop;

/** How a run ended. */
public enum Outcome {
  FINISHED,
  /** Asked to stop: the checkpoint is written. */
  INTERRUPTED
}
