package dev.lapidary.spark.cli;

import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.spark.score.RefusalListener;
import dev.lapidary.spark.score.Scorer;
import dev.lapidary.spark.table.ImageTable;
import dev.lapidary.spark.table.Manifest;
import dev.lapidary.spark.table.PredictionTable;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.BinaryType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code spark score}. */
@Command(
    name = "score",
    description =
        "Scores images: one row an image, with its classes and logits, or its error. Options of"
            + " spark-submit (--master, --conf, --executor-memory, ...) go to Spark.")
final class ScoreCommand extends ProgramCommand {
  private static final String PREDICTION = "prediction";

  @Option(
      names = "--model",
      paramLabel = "URI",
      required = true,
      description = "an ONNX file with a model card, as exporter onnx writes it")
  private String model = "";

  @Option(
      names = "--data",
      paramLabel = "URI",
      required = true,
      description = "a folder of images; with --column a table's name or its files")
  private String data = "";

  @Option(
      names = "--column",
      paramLabel = "NAME",
      description = "of a table: image files' bytes (binary) or their paths (string)")
  private Optional<String> column = Optional.empty();

  @Option(
      names = "--format",
      paramLabel = "NAME",
      description = "of a table's files, as Spark names it; parquet unless given")
  private Optional<String> format = Optional.empty();

  @Option(
      names = "--glob",
      paramLabel = "PATTERN",
      description = "which files of a folder are images, such as *.jpg; all unless given")
  private Optional<String> glob = Optional.empty();

  @Option(
      names = "--out",
      paramLabel = "TABLE",
      required = true,
      description = "a new table's name, or the URI of a new folder of Parquet files (with a /)")
  private String out = "";

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description =
          "the most classes of an answer; 5 unless given, or all labels from their threshold on"
              + " where an image has any number of them")
  private Optional<Integer> topK = Optional.empty();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description =
          "images in each run of the network, filled up with zeros, so that logits do not depend on"
              + " partitions; 8 unless given, or 1 where an answer depends on the others in a batch")
  private Optional<Integer> batchSize = Optional.empty();

  @Option(
      names = "--max-errors",
      paramLabel = "FRACTION",
      description = "of images without an answer; above it nothing is written (exit 3)")
  private double maxErrors = 0.01;

  @Override
  public Integer call() throws Exception {
    requireRanges();
    boolean own = SparkSession.getDefaultSession().isEmpty();
    SparkSession session = SparkSession.builder().appName("lapidary score").getOrCreate();
    RefusalListener refusals = RefusalListener.ofNewJob(session.sparkContext());
    try {
      score(session);
      return ExitCode.DONE.status();
    } catch (Exception e) {
      throw failure(refusals, e);
    } finally {
      if (own) {
        session.stop();
      }
    }
  }

  private void requireRanges() {
    if (!(maxErrors >= 0 && maxErrors <= 1)) {
      throw Failure.badInput("--max-errors must be in 0..1 but is %s", maxErrors);
    }
    topK.ifPresent(classes -> OptionRange.atLeast("--top-k", classes, 1));
    batchSize.ifPresent(images -> OptionRange.atLeast("--batch-size", images, 1));
  }

  private void score(SparkSession session) throws IOException {
    PredictionTable target = PredictionTable.create(session, out);
    Scorer scorer = Scorer.of(session, model);
    int size = scorer.batchSize(batchSize.orElse(0));
    if (batchSize.isEmpty()) {
      scorer.oneByOne().ifPresent(reason -> err().printf("warning: %s%n", reason));
    }
    ImageTable images = ImageTable.read(session, data, column, format, glob);
    Dataset<Row> scored =
        scorer.score(images.rows(), images.column(), PREDICTION, topK.orElse(0), size);
    String source = images.column();
    if (images.rows().schema().apply(source).dataType() instanceof BinaryType) {
      scored = scored.drop(source);
      source = scored.columns()[0];
    }
    Manifest written =
        target.write(scored, PREDICTION, source, maxErrors, manifest(session, scorer, size));
    out()
        .printf(
            "%s: %d images, %d with an error; %s %s (sha256 %s), batches of %d%n",
            out,
            written.images(),
            written.errors(),
            written.model().name(),
            written.model().version(),
            written.model().sha256().substring(0, 12),
            size);
  }

  private Manifest manifest(SparkSession session, Scorer scorer, int size) {
    return new Manifest(
        new Manifest.Model(scorer.modelName(), scorer.modelVersion(), scorer.file().sha256()),
        0,
        0,
        size,
        topK.orElse(0),
        new Manifest.Versions(
            spec().version()[0].replaceFirst("^Lapidary ", ""),
            OnnxRuntime.version(),
            session.version()));
  }

  /** In one line: what Spark throws has pages. */
  private Exception failure(RefusalListener refusals, Exception error) {
    if (error instanceof Failure) {
      return error;
    }
    Optional<Failure> refused = refusals.take();
    if (refused.isPresent()) {
      return new Failure(
          refused.get().code(), refused.get().getMessage() + "; " + out + " was not written");
    }
    if (error instanceof AnalysisException) {
      return Failure.badInput("[%s] %s", data, Failure.reason(error));
    }
    return error instanceof SparkException
        ? Failure.failed("the job failed: %s; %s was not written", Failure.reason(error), out)
        : error;
  }
}
