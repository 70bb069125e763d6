package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * What a task does: rows in, the same rows with a {@link ScoredImage} behind, in their order.
 *
 * @param sha256 of the model
 * @param threads that one run of the network uses
 * @param column of the images, by index
 */
record ScorePartition(
    Broadcast<ShippedModel> model,
    String sha256,
    int threads,
    int batchSize,
    int topK,
    int column,
    ImageColumn images)
    implements MapPartitionsFunction<Row, Row> {
  private static final long serialVersionUID = 1L;

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    return new Scored(rows);
  }

  private ScoringNetwork network() {
    try {
      return ExecutorModel.of(sha256, model::value, threads).atBatchSize(batchSize);
    } catch (Failure e) {
      throw new ModelRefused(e);
    }
  }

  /** Reads a batch of rows ahead. A partition without rows needs no model. */
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
      ScoringNetwork network = network();
      List<Row> batch = new ArrayList<>(batchSize);
      List<EncodedImage> encoded = new ArrayList<>(batchSize);
      while (batch.size() < batchSize && rows.hasNext()) {
        Row row = rows.next();
        batch.add(row);
        encoded.add(images.read(row.get(column)));
      }
      List<ScoredImage> predictions = network.predict(encoded, topK);
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
