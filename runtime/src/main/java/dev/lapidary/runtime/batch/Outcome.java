package dev.lapidary.runtime.batch;

/** What became of one image that was accepted: each gets exactly one of these. */
public sealed interface Outcome {
  /**
   * @param logits one a class
   * @param batchSize how many images ran together with it, itself included
   * @param queueNanos how long it waited for the executor
   * @param inferNanos how long its batch ran
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Classified(float[] logits, int batchSize, long queueNanos, long inferNanos)
      implements Outcome {}

  /** The network failed on this image alone; its neighbours have been answered. */
  record Failed(String message) implements Outcome {}

  /** Its deadline passed before its batch began; it was never run. */
  record Late() implements Outcome {}
}
