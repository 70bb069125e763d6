package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;

/** What a function of SQL does: the bytes of one image file in, a {@link ScoredImage} out. */
record ScoreImage(Broadcast<ShippedModel> model, String sha256, int threads, int topK)
    implements UDF1<byte[], Row> {
  private static final long serialVersionUID = 1L;

  @Override
  public Row call(byte[] file) {
    EncodedImage image = new ImageColumn.Bytes().read(file);
    return network().predict(image, topK).toRow();
  }

  private ScoringNetwork network() {
    try {
      return ExecutorModel.of(sha256, model::value, threads).atBatchSize(1);
    } catch (Failure e) {
      throw new ModelRefused(e);
    }
  }
}
