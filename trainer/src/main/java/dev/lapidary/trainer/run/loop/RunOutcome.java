package dev.lapidary.trainer.run.loop;

/** How a run ended. */
public enum RunOutcome {
  FINISHED,
  /** Asked to stop: the checkpoint is written. */
  INTERRUPTED
}
