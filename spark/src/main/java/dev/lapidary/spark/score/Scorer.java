package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import scala.reflect.ClassTag$;

/**
 * A model that a session can score with: loaded and checked on the driver, so that a file that does
 * not load is refused once and at once, and on its way to the executors.
 */
public record Scorer(
    SparkContext context, ShippedModel file, ExecutorModel loaded, BroadcastModel broadcast) {
  /** Batches that are large enough for the kernels, and cheap to fill up at a partition's end. */
  public static final int DEFAULT_BATCH_SIZE = 8;

  private static final int LARGEST_BATCH = 4096;

  /**
   * @param uri of an ONNX file, which is read now and not again
   * @throws Failure (exit 2) if the model cannot be loaded; (exit 3) if it does not answer here as
   *     its card says
   */
  public static Scorer of(SparkSession session, String uri) {
    ShippedModel file = ShippedModel.read(uri, session.sessionState().newHadoopConf());
    SparkContext context = session.sparkContext();
    int threads = context.conf().getInt("spark.task.cpus", 1);
    ExecutorModel loaded = ExecutorModel.of(file.sha256(), () -> file, threads);
    RefusalListener.of(context);
    Broadcast<ShippedModel> broadcast =
        context.broadcast(file, ClassTag$.MODULE$.apply(ShippedModel.class));
    return new Scorer(context, file, loaded, new BroadcastModel(broadcast, file.sha256(), threads));
  }

  /** Whether a session runs where the model was sent. */
  public boolean reaches(SparkSession session) {
    return session.sparkContext() == context;
  }

  /** As its card names it, or its file. */
  public String modelName() {
    return loaded.served().name();
  }

  /** As its card says. */
  public String modelVersion() {
    return loaded.served().version();
  }

  /** Why images run one by one unless a batch size is asked for; empty if they run together. */
  public Optional<String> oneByOne() {
    return loaded.dependence(DEFAULT_BATCH_SIZE);
  }

  /**
   * @param asked 0: {@link #DEFAULT_BATCH_SIZE}, or 1 where images must run one by one
   * @throws Failure (exit 2) if it is more than 1 and answers would depend on what is in a batch;
   *     (exit 3) if the model does not answer here as its card says
   */
  public int batchSize(int asked) {
    if (asked < 0 || asked > LARGEST_BATCH) {
      throw Failure.badInput("a batch size must be in 1..%d but is %d", LARGEST_BATCH, asked);
    }
    int size = asked;
    if (asked == 0) {
      size = oneByOne().isPresent() ? 1 : DEFAULT_BATCH_SIZE;
    } else {
      loaded
          .dependence(asked)
          .ifPresent(
              reason -> {
                throw Failure.badInput("batch size %d: %s; leave it out", asked, reason);
              });
    }
    loaded.atBatchSize(size);
    return size;
  }

  /** The rows with a column behind, a struct of {@link ScoredImage#TYPE}. Nothing runs yet. */
  public Dataset<Row> score(
      Dataset<Row> rows, String imageColumn, String outputColumn, int topK, int askedBatchSize) {
    StructType schema = schema(rows.schema(), imageColumn, outputColumn);
    int column = rows.schema().fieldIndex(imageColumn);
    ImageColumn images =
        rows.schema().fields()[column].dataType() instanceof BinaryType
            ? new ImageColumn.Bytes()
            : new ImageColumn.Paths(
                SerializableConfiguration.broadcast(
                    context, rows.sparkSession().sessionState().newHadoopConf()));
    ScorePartition task =
        new ScorePartition(broadcast, batchSize(askedBatchSize), topK, column, images);
    return rows.mapPartitions(task, Encoders.row(schema));
  }

  /**
   * The table's schema with the predictions' column.
   *
   * @throws Failure (exit 2) if the images' column is not there or holds none, or the other is
   */
  public static StructType schema(StructType rows, String imageColumn, String outputColumn) {
    String[] names = rows.fieldNames();
    if (!Arrays.asList(names).contains(imageColumn)) {
      throw Failure.badInput(
          "[%s] there is no such column, expected one of %s", imageColumn, Arrays.asList(names));
    }
    ImageColumn.requireImages(imageColumn, rows.apply(imageColumn).dataType());
    if (Arrays.stream(names).anyMatch(outputColumn::equalsIgnoreCase)) {
      throw Failure.badInput(
          "[%s] the table has that column already; name another for the predictions", outputColumn);
    }
    return rows.add(outputColumn, ScoredImage.TYPE, false);
  }

  /** One image at a time, for a function of SQL: its logits are those of a batch size of 1. */
  public UDF1<byte[], Row> function(int topK) {
    loaded.atBatchSize(1);
    return new ScoreImage(broadcast, topK);
  }
}
