package dev.lapidary.spark.table;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.functions;

/**
 * A new table of predictions that is there whole or not at all. The job writes into a hidden folder
 * beside it, by Spark's commit protocol; what it wrote is counted, and only if few enough images
 * have errors does it get its name.
 *
 * @param out its name in the session's catalog, or the URI of its folder of Parquet files
 */
public record PredictionTable(SparkSession session, String out) {
  /** Hidden from readers of tables, as {@code _SUCCESS} is. */
  public static final String MANIFEST = "_manifest.json";

  /** The key of the manifest in a catalog's table. */
  public static final String PROPERTY = "lapidary.manifest";

  private static final int SHOWN = 3;

  /**
   * @param out a new table's name in the session's catalog, or the URI of a new folder of Parquet
   *     files
   * @throws Failure (exit 2) if it is there already
   */
  public static PredictionTable create(SparkSession session, String out) {
    PredictionTable table = new PredictionTable(session, out);
    table.requireAbsent();
    return table;
  }

  private void requireAbsent() {
    boolean there;
    try {
      there = isNamed() ? session.catalog().tableExists(out) : files(folder()).exists(folder());
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be looked at: %s", out, Failure.reason(e));
    }
    if (there) {
      throw Failure.badInput("%s exists; choose another --out", out);
    }
  }

  /**
   * Runs the job and gives the table its name.
   *
   * @param column of the predictions
   * @param source column that says which image a row is
   * @param maxErrors fraction of images that may have an error, in [0, 1]
   * @return the manifest with its counts
   * @throws Failure (exit 2) if there are no images; (exit 3) if more have an error
   */
  public Manifest write(
      Dataset<Row> scored, String column, String source, double maxErrors, Manifest manifest)
      throws IOException {
    Path unfinished = unfinished();
    FileSystem files = files(unfinished);
    files.deleteOnExit(unfinished); // also where a signal ends the driver
    try {
      scored.write().parquet(unfinished.toString());
      Dataset<Row> written = written(files, unfinished, scored);
      Manifest counted = count(written, column, manifest);
      requireFew(written, column, source, maxErrors, counted);
      publish(written, unfinished, files, counted);
      return counted;
    } finally {
      files.delete(unfinished, true);
      files.cancelDeleteOnExit(unfinished);
    }
  }

  /**
   * By its files, each by its name: a hidden folder is one that readers pass over, and of a pattern
   * Spark logs that there is no such file.
   */
  private Dataset<Row> written(FileSystem files, Path unfinished, Dataset<Row> scored)
      throws IOException {
    String[] parts =
        Arrays.stream(files.listStatus(unfinished))
            .map(FileStatus::getPath)
            .filter(path -> path.getName().startsWith("part-"))
            .map(Path::toString)
            .toArray(String[]::new);
    return parts.length == 0
        ? session.createDataFrame(List.of(), scored.schema())
        : session.read().parquet(parts);
  }

  private static Manifest count(Dataset<Row> written, String column, Manifest manifest) {
    Row counts =
        written
            .agg(
                functions.count(functions.lit(1)),
                functions.count(functions.col(column + ".error")))
            .head();
    return manifest.counting(counts.getLong(0), counts.getLong(1));
  }

  private void requireFew(
      Dataset<Row> written, String column, String source, double maxErrors, Manifest counted) {
    if (counted.images() == 0) {
      throw Failure.badInput("there are no images to score; %s was not written", out);
    }
    if (counted.errors() <= maxErrors * counted.images()) {
      return;
    }
    List<String> first =
        written
            .filter(functions.col(column + ".error").isNotNull())
            .select(functions.col(source), functions.col(column + ".error"))
            .takeAsList(SHOWN)
            .stream()
            .map(row -> row.get(0) + ": " + row.get(1))
            .toList();
    throw Failure.gate(
        "%d of %d images have an error, more than the --max-errors of %s; %s was not written; the"
            + " first: %s",
        counted.errors(),
        counted.images(),
        Phrase.of("%.4g", maxErrors),
        out,
        String.join("; ", first));
  }

  private void publish(Dataset<Row> written, Path unfinished, FileSystem files, Manifest manifest)
      throws IOException {
    if (isNamed()) {
      try {
        written.writeTo(out).using("parquet").tableProperty(PROPERTY, manifest.json()).create();
      } catch (TableAlreadyExistsException e) {
        throw Failure.badInput("%s exists; choose another --out", out);
      }
      return;
    }
    try (var json = files.create(new Path(unfinished, MANIFEST), false)) {
      json.write(manifest.json().getBytes(UTF_8));
    }
    requireAbsent();
    if (!files.rename(unfinished, folder())) {
      throw Failure.failed("[%s] the file system does not rename %s to it", out, unfinished);
    }
  }

  /** Its dot hides it from readers, and the application's name from other jobs. */
  private Path unfinished() {
    Path target =
        isNamed() ? new Path(session.conf().get("spark.sql.warehouse.dir"), out) : folder();
    Path parent = target.getParent();
    if (parent == null) {
      throw Failure.badInput("%s is no folder's path; choose another --out", out);
    }
    return new Path(parent, "." + target.getName() + "." + session.sparkContext().applicationId());
  }

  private boolean isNamed() {
    return ImageTable.isName(out);
  }

  private Path folder() {
    return new Path(out);
  }

  private FileSystem files(Path path) throws IOException {
    return path.getFileSystem(session.sessionState().newHadoopConf());
  }
}
