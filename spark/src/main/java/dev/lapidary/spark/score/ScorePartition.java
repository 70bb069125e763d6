package dev.lapidary.spark.score;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * What a task does: rows in, the same rows with a {@link ScoredImage} behind, in their order.
 *
 * @param column of the images, by index
 */
record ScorePartition(BroadcastModel model, int batchSize, int topK, int column, ImageColumn images)
    implements MapPartitionsFunction<Row, Row> {
  private static final long serialVersionUID = 1L;

  /** So many batches' rows at most wait for a whole batch, where most images have errors. */
  private static final int MAX_ROWS = 4;

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    return new Scored(rows);
  }

  /**
   * Reads a batch of rows ahead, and one more for each whose image has an error, so that the
   * network runs on as few zeros as may be. A partition without rows needs no model.
   */
  private final class Scored implements Iterator<Row> {
    private final Iterator<Row> rows;
    private final Queue<Row> ready = new ArrayDeque<>();

    Scored(Iterator<Row> rows) {
      this.rows = rows;
    }

    @Override
    public boolean hasNext() {
      if (ready.isEmpty() && rows.hasNext()) {
        fill();
      }
      return !ready.isEmpty();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return ready.remove();
    }

    private void fill() {
      ScoringNetwork network = model.atBatchSize(batchSize);
      List<Row> batch = new ArrayList<>(batchSize);
      List<PreparedImage> prepared = new ArrayList<>(batchSize);
      int inputs = 0;
      while (inputs < batchSize && batch.size() < MAX_ROWS * batchSize && rows.hasNext()) {
        Row row = rows.next();
        PreparedImage image = network.prepare(images, row.get(column));
        batch.add(row);
        prepared.add(image);
        inputs += image instanceof PreparedImage.Input ? 1 : 0;
      }
      List<ScoredImage> predictions = network.predict(prepared, topK);
      for (int i = 0; i < predictions.size(); i++) {
        ready.add(with(batch.get(i), predictions.get(i).toRow()));
      }
    }

    private static Row with(Row row, Row prediction) {
      Object[] values = new Object[row.size() + 1];
      for (int i = 0; i < row.size(); i++) {
        values[i] = row.get(i);
      }
      values[row.size()] = prediction;
      return RowFactory.create(values);
    }
  }
}
