package dev.lapidary.spark.score;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;

/** What a function of SQL does: the bytes of one image file in, a {@link ScoredImage} out. */
record ScoreImage(BroadcastModel model, int topK) implements UDF1<byte[], Row> {

  private static final long serialVersionUID = 1L;

  @Override
  public Row call(byte[] file) {
    return model.atBatchSize(1).predict(new ImageColumn.Bytes(), file, topK).toRow();
  }
}
