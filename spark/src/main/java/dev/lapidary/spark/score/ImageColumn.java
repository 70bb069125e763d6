package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;

/** The two kinds of columns that images come in: an image file's bytes, or where it lies. */
sealed interface ImageColumn extends Serializable {

  /**
   * The bytes of an image file, not checked yet.
   *
   * @throws UndecodableImage if there are none
   */
  byte[] read(@Nullable Object value);

  /**
   * @throws Failure (exit 2) if images do not come in columns of that type
   */
  static void requireImages(String name, DataType type) {
    if (!(type instanceof BinaryType || type instanceof StringType)) {
      throw Failure.badInput(
          "[%s] the column has %s, expected binary (the bytes of an image file) or string (its"
              + " path)",
          name, type.simpleString());
    }
  }

  /** Bytes in the table. */
  record Bytes() implements ImageColumn {
    private static final long serialVersionUID = 1L;

    @Override
    public byte[] read(@Nullable Object value) {
      if (value instanceof byte[] bytes) {
        return bytes;
      }
      throw UndecodableImage.broken("the column is null");
    }
  }

  /**
   * Paths on any file system that the session reads. A file that cannot be read is one bad image.
   */
  record Paths(Broadcast<SerializableConfiguration> hadoop) implements ImageColumn {
    private static final long serialVersionUID = 1L;

    @Override
    public byte[] read(@Nullable Object value) {
      if (value == null) {
        throw UndecodableImage.broken("the column is null");
      }
      try {
        return read(new Path(value.toString()));
      } catch (FileNotFoundException e) {
        throw UndecodableImage.broken("there is no such file");
      } catch (IllegalArgumentException e) {
        throw UndecodableImage.broken("it is no path: %s", Failure.reason(e));
      } catch (IOException e) {
        requireRunning(e);
        throw UndecodableImage.broken("cannot be read: %s", Failure.reason(e));
      }
    }

    private byte[] read(Path path) throws IOException {
      FileSystem files = path.getFileSystem(hadoop.value().value());
      if (files instanceof LocalFileSystem) { // by Java itself, ten times as fast
        return ImageFile.bytes(java.nio.file.Path.of(path.toUri().getPath()), ImageLimits.DEFAULT);
      }
      FileStatus status = files.getFileStatus(path);
      long max = ImageLimits.DEFAULT.maxBytes();
      if (status.isDirectory()) {
        throw UndecodableImage.broken("it is a folder");
      }
      if (status.getLen() > max) {
        throw UndecodableImage.broken("%d bytes, more than the limit of %d", status.getLen(), max);
      }
      byte[] bytes = new byte[(int) status.getLen()];
      try (FSDataInputStream in = files.open(path)) {
        in.readFully(0, bytes);
      }
      return bytes;
    }

    /** A task that is being killed reads nothing, and says nothing of its images. */
    private static void requireRunning(IOException error) {
      TaskContext task = TaskContext.get();
      if (Thread.currentThread().isInterrupted() || (task != null && task.isInterrupted())) {
        throw new UncheckedIOException(error);
      }
    }
  }
}
