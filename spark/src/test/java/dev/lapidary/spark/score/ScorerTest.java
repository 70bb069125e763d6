package dev.lapidary.spark.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.measure.RankedClass;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.batch.Deadline;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.batch.Outcome;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import scala.reflect.ClassTag$;

@ExtendWith(Cluster.class)
class ScorerTest {
  private static final int IMAGES = 150;
  private static final int BROKEN_EVERY = 10;

  @TempDir private Path folder;

  /** Bit for bit: List of Float compares as {@code Float.equals} does. */
  @Test
  void logitsDoNotDependOnPartitions() throws IOException {
    SparkSession session = Cluster.session();
    Scorer scorer = Scorer.of(session, ConvModel.write(folder).toString());
    Dataset<Row> images = TestImages.table(session, IMAGES, BROKEN_EVERY);
    List<Row> one = scored(scorer, images.repartition(1));
    assertThat(one).hasSize(IMAGES);
    for (int partitions : new int[] {7, 64}) {
      Dataset<Row> cut = images.repartition(partitions);
      assertThat(cut.rdd().getNumPartitions()).isEqualTo(partitions);
      assertThat(scored(scorer, cut)).isEqualTo(one);
    }
    for (int i = 0; i < IMAGES; i++) {
      Row prediction = one.get(i).getStruct(1);
      assertThat(one.get(i).getInt(0)).isEqualTo(i);
      if (TestImages.isBroken(i, BROKEN_EVERY)) {
        assertThat(prediction.getString(3)).isNotBlank();
        assertThat(prediction.isNullAt(0) && prediction.isNullAt(1) && prediction.isNullAt(2))
            .isTrue();
      } else {
        assertThat(prediction.isNullAt(3)).isTrue();
        assertThat(prediction.getList(1)).hasSize(RankedClass.DEFAULT_TOP_K);
        assertThat(prediction.getList(2)).hasSize(ConvModel.LABELS.size());
      }
    }
  }

  /** A server's batches are of any size: the card's bound of 1e-4 of the greatest logit holds. */
  @Test
  void answersAreThoseOfAServer() throws Exception {
    SparkSession session = Cluster.session();
    Path file = ConvModel.write(folder);
    List<Row> rows = scored(Scorer.of(session, file.toString()), TestImages.table(session, 40, 0));
    try (ServedModel model = ModelLoader.load(file, 1);
        Batcher batcher =
            new Batcher(
                List.of(model.tensors()),
                new BatchPolicy(5, Duration.ofMillis(20)),
                Runnable::run)) {
      List<CompletableFuture<Outcome>> answers = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        answers.add(
            batcher.submit(
                List.of(model.tensorOf(TestImages.png(i), ImageLimits.DEFAULT)),
                Set.of(model.signature().output()),
                Deadline.after(Duration.ofMinutes(5))));
      }
      for (int i = 0; i < rows.size(); i++) {
        Outcome.Ran served = (Outcome.Ran) answers.get(i).get();
        float[] expected = FloatNetwork.values((TypedTensor.Numbers) served.outputs().get(0));
        Row prediction = rows.get(i).getStruct(1);
        List<Float> logits = prediction.getList(2);
        float greatest = 0;
        int best = 0;
        for (int c = 0; c < logits.size(); c++) {
          greatest = Math.max(greatest, Math.abs(expected[c]));
          best = expected[c] > expected[best] ? c : best;
        }
        for (int c = 0; c < logits.size(); c++) {
          assertThat(logits.get(c)).isCloseTo(expected[c], within(1e-4f * greatest));
        }
        assertThat(prediction.getString(0)).isEqualTo(ConvModel.LABELS.get(best));
      }
    }
  }

  @Test
  void imagesWhoseAnswersDependOnOthersRunOneByOne() throws IOException {
    SparkSession session = Cluster.session();
    for (boolean said : new boolean[] {true, false}) {
      Path file = ConvModel.writeDynamic(folder, said);
      Scorer scorer = Scorer.of(session, file.toString());
      assertThat(scorer.oneByOne().orElseThrow())
          .contains(
              said
                  ? "its answers depend on the images in the same batch (int8-dynamic)"
                  : "an image's logits depend on the images in the same batch");
      assertThat(scorer.batchSize(0)).isEqualTo(1);
      assertThatThrownBy(() -> scorer.batchSize(4))
          .isInstanceOf(Failure.class)
          .hasMessageStartingWith("batch size 4: ")
          .hasMessageContaining("depend on the images in the same batch")
          .hasMessageEndingWith("; leave it out");
      Dataset<Row> images = TestImages.table(session, 20, 0);
      List<Row> rows = scored(scorer, images.repartition(3));
      try (ServedModel model = ModelLoader.load(file, 1)) {
        for (int i = 0; i < rows.size(); i++) {
          float[] alone =
              ConvModel.run(model, model.inputOf(TestImages.png(i), ImageLimits.DEFAULT));
          List<Float> logits = rows.get(i).getStruct(1).getList(2);
          for (int c = 0; c < alone.length; c++) {
            assertThat(logits.get(c)).isEqualTo(alone[c]);
          }
        }
      }
    }
  }

  @Test
  void aDriverThatAnswersOtherwiseThanTheCardRefuses() throws IOException {
    Scorer scorer = Scorer.of(Cluster.session(), ConvModel.writeWrong(folder).toString());
    assertThatThrownBy(() -> scorer.batchSize(0))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith(
            "[conv] it does not answer here as its card says: golden image 0: logit 0 is")
        .hasMessageEndingWith(
            "this processor, Java or ONNX Runtime differs from the ones that it was exported with");
  }

  /** What executors find, the driver does not know: here they get another file than it has. */
  @Test
  void aModelThatExecutorsRefuseEndsTheJobOnce() throws IOException {
    SparkSession session = Cluster.session();
    RefusalListener listener = RefusalListener.of(session.sparkContext());
    ShippedModel wrong =
        ShippedModel.read(
            ConvModel.writeWrong(folder).toString(), session.sessionState().newHadoopConf());
    BroadcastModel model =
        new BroadcastModel(
            session.sparkContext().broadcast(wrong, ClassTag$.MODULE$.apply(ShippedModel.class)),
            wrong.sha256(),
            1);
    ScorePartition task = new ScorePartition(model, 8, 0, 1, new ImageColumn.Bytes());
    Dataset<Row> images = TestImages.table(session, 64, 0).repartition(32);
    var encoder =
        org.apache.spark.sql.Encoders.row(Scorer.schema(images.schema(), "content", "prediction"));
    assertThatThrownBy(() -> images.mapPartitions(task, encoder).count())
        .isInstanceOf(SparkException.class)
        .hasMessageContaining("it does not answer here as its card says");
    Failure refused = listener.take().orElseThrow();
    assertThat(refused.code()).isEqualTo(ExitCode.GATE_REFUSED);
    assertThat(refused.getMessage())
        .matches("executor \\d+: \\[conv\\] it does not answer here as its card says: golden .*");
  }

  @Test
  void columnsThatHoldNoImagesAreNamed() throws IOException {
    SparkSession session = Cluster.session();
    Scorer scorer = Scorer.of(session, ConvModel.write(folder).toString());
    Dataset<Row> images = TestImages.table(session, 1, 0);
    assertThatThrownBy(() -> scorer.score(images, "id", "prediction", 0, 0))
        .hasMessage(
            "[id] the column has int, expected binary (the bytes of an image file) or string (its"
                + " path)");
    assertThatThrownBy(() -> scorer.score(images, "photo", "prediction", 0, 0))
        .hasMessage("[photo] there is no such column, expected one of [id, content]");
    assertThatThrownBy(() -> scorer.score(images, "content", "ID", 0, 0))
        .hasMessage("[ID] the table has that column already; name another for the predictions");
    assertThatThrownBy(() -> Scorer.of(session, folder + "/none.onnx"))
        .hasMessage("[" + folder + "/none.onnx] there is no such file, expected an ONNX model");
  }

  private static List<Row> scored(Scorer scorer, Dataset<Row> images) {
    return scorer
        .score(images, "content", "prediction", 0, 0)
        .drop("content")
        .collectAsList()
        .stream()
        .sorted(Comparator.comparing(row -> row.getInt(0)))
        .toList();
  }
}
