package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import dev.lapidary.spark.table.PredictionTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(Cluster.class)
class ScoreCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aFolderBecomesATableWithItsManifest() throws IOException {
    SparkSession session = Cluster.session();
    Path model = ConvModel.write(folder);
    Path images = TestImages.folder(folder.resolve("images"), 30, 10);
    Path table = folder.resolve("scores");
    int status =
        score(
            "--model", model.toString(),
            "--data", images.toString(),
            "--out", table.toString(),
            "--top-k", "3",
            "--max-errors", "0.1");
    assertThat(err.toString()).isEmpty();
    assertThat(status).isZero();
    String sha256 = Sha256.of(model);
    assertThat(out.toString())
        .isEqualTo(
            "%s: 30 images, 3 with an error; conv 3 (sha256 %s), batches of 8%n"
                .formatted(table, sha256.substring(0, 12)));

    List<Row> rows = session.read().parquet(table.toString()).orderBy("path").collectAsList();
    assertThat(rows).hasSize(30);
    for (Row row : rows) {
      String path = row.getString(0);
      int index = Integer.parseInt(path.replaceAll(".*image-(\\d+)\\.png", "$1"));
      Row prediction = row.getStruct(1);
      assertThat(prediction.isNullAt(3)).isEqualTo(!TestImages.isBroken(index, 10));
      assertThat(prediction.isNullAt(0)).isEqualTo(TestImages.isBroken(index, 10));
    }
    JsonNode manifest = new ObjectMapper().readTree(table.resolve("_manifest.json").toFile());
    assertThat(manifest.toString())
        .isEqualTo(
            ("{\"model\":{\"name\":\"conv\",\"version\":\"3\",\"sha256\":\"%s\"},\"images\":30,"
                    + "\"errors\":3,\"batchSize\":8,\"topK\":3,\"versions\":{\"lapidary\":\"%s\","
                    + "\"onnxruntime\":\"1.29.0\",\"spark\":\"4.2.0\"}}")
                .formatted(sha256, CommandTree.versionNumber()));
    assertThat(table.resolve("_SUCCESS")).exists();
    assertThat(folder(table.getParent())).containsExactly("conv.onnx", "images", "scores");

    assertThat(score("--model", model.toString(), "--data", images.toString(), "--out", "" + table))
        .isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo("error: %s exists; choose another --out%n".formatted(table));
  }

  @Test
  void moreErrorsThanAllowedWriteNothing() throws IOException {
    Path images = TestImages.folder(folder.resolve("images"), 12, 6);
    int status =
        score(
            "--model", ConvModel.write(folder).toString(),
            "--data", images.toString(),
            "--out", folder.resolve("scores").toString());
    assertThat(status).isEqualTo(3);
    assertThat(err.toString())
        .startsWith(
            "error: 2 of 12 images have an error, more than the --max-errors of 0.01000; "
                + folder.resolve("scores")
                + " was not written; the first: file:")
        .contains("image-00005.png: ")
        .hasLineCount(1);
    assertThat(folder(folder)).containsExactly("conv.onnx", "images");
  }

  @Test
  void tablesOfTheCatalogGoInAndOut() throws IOException {
    SparkSession session = Cluster.session();
    TestImages.table(session, 10, 0).write().saveAsTable("photos_in");
    Path model = ConvModel.write(folder);
    int status =
        score(
            "--model", model.toString(),
            "--data", "photos_in",
            "--column", "content",
            "--out", "photos_scored");
    assertThat(err.toString()).isEmpty();
    assertThat(status).isZero();
    assertThat(session.table("photos_scored").columns()).containsExactly("id", "prediction");
    assertThat(session.table("photos_scored").count()).isEqualTo(10);
    assertThat(
            session
                .sql("SHOW TBLPROPERTIES photos_scored ('" + PredictionTable.PROPERTY + "')")
                .head()
                .getString(1))
        .contains("\"images\" : 10", Sha256.of(model));
    assertThat(
            score(
                "--model",
                model.toString(),
                "--data",
                "photos_in",
                "--column",
                "content",
                "--out",
                "photos_scored"))
        .isEqualTo(2);
  }

  @Test
  void aJobThatIsKilledLeavesNothing() throws IOException {
    SparkSession session = Cluster.session();
    Path parts = folder.resolve("parts");
    TestImages.table(session, 40, 0).repartition(20).write().parquet(parts.toString());
    KillAfterTheFirstTask killer = new KillAfterTheFirstTask(session.sparkContext());
    session.sparkContext().addSparkListener(killer);
    session.conf().set("spark.sql.files.maxPartitionBytes", "1k");
    int status;
    try {
      status =
          score(
              "--model", ConvModel.write(folder).toString(),
              "--data", parts.toString(),
              "--column", "content",
              "--out", folder.resolve("scores").toString());
    } finally {
      session.conf().unset("spark.sql.files.maxPartitionBytes");
      session.sparkContext().removeSparkListener(killer);
    }
    assertThat(status).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("error: the job failed: ")
        .endsWith("scores was not written" + System.lineSeparator())
        .hasLineCount(1);
    assertThat(folder(folder)).containsExactly("conv.onnx", "parts");
  }

  /** A job of many tasks is cancelled when its first is done. */
  private static final class KillAfterTheFirstTask extends SparkListener {
    private static final int MANY = 10;
    private final SparkContext context;
    private final Set<Integer> large = new HashSet<>();

    KillAfterTheFirstTask(SparkContext context) {
      this.context = context;
    }

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
      if (submitted.stageInfo().numTasks() > MANY) {
        large.add(submitted.stageInfo().stageId());
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (large.contains(end.stageId())) {
        context.cancelStage(end.stageId());
      }
    }
  }

  @Test
  void wrongUsageIsNamed() throws IOException {
    String model = ConvModel.write(folder).toString();
    String table = folder.resolve("scores").toString();
    String none = folder.resolve("none").toString();
    assertThat(refusal("--model", model, "--data", none, "--out", table))
        .isEqualTo("2 error: [" + none + "] there is no such folder or file, expected images");
    assertThat(refusal("--model", none, "--data", none, "--out", table))
        .isEqualTo("2 error: [" + none + "] there is no such file, expected an ONNX model");
    assertThat(refusal("--model", model, "--data", none, "--out", table, "--format", "orc"))
        .isEqualTo("2 error: --format is for tables; add --column, the images' column");
    assertThat(
            refusal(
                "--model", model, "--data", none, "--out", table, "--glob", "*", "--column", "c"))
        .isEqualTo("2 error: --glob is for folders of images; leave out --glob or --column");
    assertThat(refusal("--model", model, "--data", none, "--out", table, "--max-errors", "1.5"))
        .isEqualTo("2 error: --max-errors must be in 0..1 but is 1.5");
    assertThat(refusal("--model", model, "--data", none, "--out", table, "--top-k", "0"))
        .isEqualTo("2 error: --top-k must be at least 1 but is 0");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(refusal("--model", model, "--data", empty.toString(), "--out", table))
        .isEqualTo("2 error: there are no images to score; " + table + " was not written");
    assertThat(folder(folder)).containsExactly("conv.onnx", "empty");
  }

  private String refusal(String... options) {
    Cluster.session();
    err.getBuffer().setLength(0);
    int status = score(options);
    return status + " " + err.toString().strip();
  }

  private int score(String... options) {
    String[] arguments =
        Stream.concat(Stream.of("score"), Stream.of(options)).toArray(String[]::new);
    return CommandTree.run(
        new SparkMain(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  private static List<String> folder(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    }
  }
}
