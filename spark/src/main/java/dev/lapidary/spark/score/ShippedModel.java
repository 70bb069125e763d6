package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An ONNX file as it travels to the executors: whole.
 *
 * @param name of the file, without its folder
 * @param sha256 of its bytes, in hex
 */
@SuppressWarnings("ArrayRecordComponent") // broadcast, never compared
public record ShippedModel(String name, String sha256, byte[] bytes) implements Serializable {

  /**
   * @param uri on any file system that Hadoop's client reads
   * @throws Failure (exit 2) if there is no such file; (exit 1) if it cannot be read
   */
  public static ShippedModel read(String uri, Configuration hadoop) {
    try {
      Path path = new Path(uri);
      FileSystem files = path.getFileSystem(hadoop);
      FileStatus status = files.getFileStatus(path);
      if (status.isDirectory()) {
        throw Failure.badInput("[%s] is a folder, expected an ONNX file", uri);
      }
      if (status.getLen() > Integer.MAX_VALUE - 8) {
        throw Failure.unsupported(
            "[%s] has %d bytes; a model that travels to executors has at most 2 GiB",
            uri, status.getLen());
      }
      byte[] bytes = new byte[(int) status.getLen()];
      try (FSDataInputStream in = files.open(path)) {
        in.readFully(0, bytes);
      }
      return new ShippedModel(path.getName(), Sha256.of(bytes), bytes);
    } catch (FileNotFoundException e) {
      throw Failure.badInput("[%s] there is no such file, expected an ONNX model", uri);
    } catch (IllegalArgumentException e) {
      throw Failure.badInput("[%s] is no path: %s", uri, Failure.reason(e));
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be read: %s", uri, Failure.reason(e));
    }
  }

  /** Written to a file system that Hadoop's client knows. */
  public void write(String uri, Configuration hadoop) throws IOException {
    Path path = new Path(uri);
    try (var out = path.getFileSystem(hadoop).create(path, false)) {
      out.write(bytes);
    }
  }
}
