package dev.lapidary.trainer.data;

/** Batches in a fixed order, for one thread. */
public interface BatchSource extends AutoCloseable {
  boolean hasNext();

  Batch next();

  /** Drops what is in flight; needed only if not everything was asked for. */
  @Override
  void close();
}
