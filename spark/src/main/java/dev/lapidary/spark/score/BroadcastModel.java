package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;

/**
 * A model as tasks have it.
 *
 * @param sha256 of its file
 * @param threads that one run of the network uses
 */
record BroadcastModel(Broadcast<ShippedModel> file, String sha256, int threads)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /**
   * The network in this JVM.
   *
   * @throws ModelRefused if it cannot be loaded or does not answer here as it must
   */
  ScoringNetwork atBatchSize(int batchSize) {
    try {
      return ExecutorModel.of(sha256, file::value, threads).atBatchSize(batchSize);
    } catch (Failure e) {
      throw new ModelRefused(e);
    }
  }
}
