package dev.lapidary.trainer.data;

import java.util.Iterator;

/** Batches in a fixed order, for one thread. */
public interface BatchSource extends Iterator<Batch>, AutoCloseable {
  /** Drops what is in flight; needed only if not everything was asked for. */
  @Override
  void close();
}
