package dev.lapidary.spark.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(Cluster.class)
class OnnxClassifierTest {
  @TempDir private Path folder;

  @Test
  void aSavedPipelineHoldsTheModelAndAnswersTheSame() throws IOException {
    SparkSession session = Cluster.session();
    Path file = ConvModel.write(folder);
    OnnxClassifier stage = new OnnxClassifier().setModel(file.toString()).setTopK(2);
    Dataset<Row> images = TestImages.table(session, 12, 5);
    PipelineModel pipeline = new Pipeline().setStages(new PipelineStage[] {stage}).fit(images);
    List<Row> before = rows(pipeline.transform(images));
    assertThat(before.get(0).getStruct(2).getList(1)).hasSize(2);

    String saved = folder.resolve("pipeline").toString();
    pipeline.save(saved);
    Files.delete(file);
    PipelineModel loaded = PipelineModel.load(saved);
    assertThat(loaded.stages()[0].uid()).isEqualTo(stage.uid());
    assertThat(rows(loaded.transform(images))).isEqualTo(before);
    assertThat(loaded.transform(images).schema())
        .isEqualTo(loaded.transformSchema(images.schema()));
  }

  @Test
  void aSavedStageWhoseFileIsAnotherIsRefused() throws IOException {
    SparkSession session = Cluster.session();
    OnnxClassifier stage = new OnnxClassifier().setModel(ConvModel.write(folder).toString());
    String saved = folder.resolve("stage").toString();
    stage.save(saved);
    assertThat(Files.readAllBytes(Path.of(saved, "model.onnx")))
        .isEqualTo(Files.readAllBytes(folder.resolve("conv.onnx")));
    Files.delete(Path.of(saved, ".model.onnx.crc"));
    Files.copy(
        ConvModel.writeDynamic(folder, true),
        Path.of(saved, "model.onnx"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    OnnxClassifier loaded = OnnxClassifier.load(saved);
    assertThatThrownBy(() -> loaded.transform(TestImages.table(session, 1, 0)))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("model.onnx] its SHA-256 is ")
        .hasMessageEndingWith(" (modelSha256); it is not the file that the stage was made with");
  }

  @Test
  void withoutAModelItSaysSo() {
    SparkSession session = Cluster.session();
    assertThatThrownBy(() -> new OnnxClassifier("mine").transform(TestImages.table(session, 1, 0)))
        .hasMessage("[mine] it has no model; call setModel");
  }

  /** Each batch of a stream goes through the same stage as a table. */
  @Test
  void aStreamIsScoredBatchByBatch() throws Exception {
    SparkSession session = Cluster.session();
    OnnxClassifier stage = new OnnxClassifier().setModel(ConvModel.write(folder).toString());
    Dataset<Row> images = TestImages.table(session, 20, 7);
    String in = folder.resolve("in").toString();
    images.repartition(3).write().parquet(in);
    String out = folder.resolve("out").toString();

    VoidFunction2<Dataset<Row>, Long> write =
        (batch, id) -> stage.transform(batch).drop("content").write().mode("append").parquet(out);
    session
        .readStream()
        .schema(images.schema())
        .option("maxFilesPerTrigger", 1)
        .parquet(in)
        .writeStream()
        .option("checkpointLocation", folder.resolve("checkpoint").toString())
        .trigger(org.apache.spark.sql.streaming.Trigger.AvailableNow())
        .foreachBatch(write)
        .start()
        .awaitTermination();

    assertThat(rows(session.read().parquet(out)))
        .isEqualTo(rows(stage.transform(images).drop("content")));
  }

  @Test
  void pathsAreReadByExecutorsAndThoseThatCannotBeAreErrors() throws IOException {
    SparkSession session = Cluster.session();
    Path images = TestImages.folder(folder.resolve("images"), 4, 0);
    Dataset<Row> paths =
        session
            .createDataset(
                List.of(
                    images.resolve("part0/image-00000.png").toString(),
                    images.resolve("none.png").toString(),
                    images.toString(),
                    ""),
                org.apache.spark.sql.Encoders.STRING())
            .toDF("photo");
    List<Row> rows =
        new OnnxClassifier()
            .setModel(ConvModel.write(folder).toString())
            .setInputCol("photo")
            .setOutputCol("answer")
            .transform(paths)
            .select(functions.col("answer.label"), functions.col("answer.error"))
            .collectAsList();
    assertThat(rows.get(0).getString(0)).isIn(ConvModel.LABELS);
    assertThat(rows.get(1).getString(1))
        .isEqualTo("there is no file " + images.resolve("none.png"));
    assertThat(rows.get(2).getString(1)).isEqualTo(images + " is a folder");
    assertThat(rows.get(3).getString(1))
        .isEqualTo("it is no path: Can not create a Path from an empty string");
  }

  private static List<Row> rows(Dataset<Row> table) {
    return table.collectAsList().stream()
        .sorted(Comparator.comparing(row -> row.getInt(0)))
        .toList();
  }
}
