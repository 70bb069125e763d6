package dev.lapidary.spark.table;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.score.Scorer;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Images as a session reads them.
 *
 * @param rows not read yet
 * @param column of the images: bytes or paths
 */
public record ImageTable(Dataset<Row> rows, String column) {
  private static final String PATH = "path";

  private static final int BATCH = Scorer.DEFAULT_BATCH_SIZE;

  /** Of a task: so many that its start costs little. */
  private static final int MAX_FILES = 512;

  /**
   * Image files, as Spark's {@code binaryFile} finds them: one row a file, its path. What is in a
   * file is read when it is scored, so that one that is too large or cannot be read is an error in
   * its row; and so is an empty one, which {@code binaryFile} would leave out.
   *
   * @param uri of a folder, with all folders in it, a file, or a pattern
   * @param glob that files' names match
   */
  public static ImageTable files(SparkSession session, String uri, Optional<String> glob) {
    requireThere(session, uri);
    var reader = session.read().format("binaryFile").option("recursiveFileLookup", "true");
    glob.ifPresent(pattern -> reader.option("pathGlobFilter", pattern));
    List<String> paths = new ArrayList<>();
    for (String encoded : reader.load(uri).inputFiles()) {
      paths.add(new Path(URI.create(encoded)).toString());
    }
    Collections.sort(paths);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    List<List<String>> tasks = tasks(paths, context.defaultParallelism());
    JavaRDD<String> files =
        context.parallelize(tasks, Math.max(1, tasks.size())).flatMap(List::iterator);
    return new ImageTable(session.createDataset(files.rdd(), Encoders.STRING()).toDF(PATH), PATH);
  }

  /** Before Spark looks, which logs a page of stack trace. */
  private static void requireThere(SparkSession session, String uri) {
    try {
      Path path = new Path(uri);
      FileStatus[] found =
          path.getFileSystem(session.sessionState().newHadoopConf()).globStatus(path);
      if (found == null || found.length == 0) {
        throw Failure.badInput("[%s] there is no such folder or file, expected images", uri);
      }
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("[%s] is no path: %s", uri, Failure.reason(e));
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be looked at: %s", uri, Failure.reason(e));
    }
  }

  /**
   * Of whole batches, so that only the last one is filled up: each is a core's share of half of
   * what is left, so that the last ones are short and all cores end at about one time (guided
   * self-scheduling).
   */
  static List<List<String>> tasks(List<String> paths, int cores) {
    List<List<String>> tasks = new ArrayList<>();
    for (int from = 0, to; from < paths.size(); from = to) {
      int share = (paths.size() - from) / (2 * cores) / BATCH * BATCH;
      to = Math.min(paths.size(), from + Math.max(BATCH, Math.min(MAX_FILES, share)));
      tasks.add(new ArrayList<>(paths.subList(from, to))); // a view is not serializable
    }
    return tasks;
  }

  /**
   * A table with a column of images.
   *
   * @param source a table's name in the session's catalog, or a URI
   * @param format of what lies there, such as {@code parquet}; a catalog knows its tables'
   */
  public static ImageTable of(SparkSession session, String source, String format, String column) {
    Dataset<Row> rows =
        isName(source) && session.catalog().tableExists(source)
            ? session.table(source)
            : session.read().format(format).load(source);
    return new ImageTable(rows, column);
  }

  /** Whether it is the name of a catalog's table, and no path. */
  static boolean isName(String source) {
    return source.matches("[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*){0,2}");
  }

  /** Where a folder of tables and one of images cannot be told apart, the column tells. */
  public static ImageTable read(
      SparkSession session,
      String data,
      Optional<String> column,
      Optional<String> format,
      Optional<String> glob) {
    if (column.isPresent() && glob.isPresent()) {
      throw Failure.badInput("--glob is for folders of images; leave out --glob or --column");
    }
    if (column.isEmpty() && format.isPresent()) {
      throw Failure.badInput("--format is for tables; add --column, the images' column");
    }
    return column.isPresent()
        ? of(session, data, format.orElse("parquet"), column.get())
        : files(session, data, glob);
  }
}
