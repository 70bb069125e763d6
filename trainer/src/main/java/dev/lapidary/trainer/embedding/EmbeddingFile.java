package dev.lapidary.trainer.embedding;

import dev.lapidary.trainer.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A file that takes an embedding for each image of a data set, in its order, with the images' paths
 * and labels. Equal embeddings give equal files.
 */
public sealed interface EmbeddingFile extends AutoCloseable
    permits NpzEmbeddings, ParquetEmbeddings {
  /**
   * Begins a file.
   *
   * @param shape of one embedding
   */
  static EmbeddingFile create(EmbeddingFormat format, Path file, Dataset data, List<Long> shape)
      throws IOException {
    return switch (format) {
      case NPZ -> NpzEmbeddings.create(file, data, shape);
      case PARQUET -> ParquetEmbeddings.create(file, data, shape);
    };
  }

  /** The next images' embeddings, row-major, one after the other. */
  void add(float... values) throws IOException;

  /** Writes what comes behind the embeddings: nothing can be added any more. */
  void finish() throws IOException;

  /** Gives the file back, whole only after {@link #finish}. */
  @Override
  void close() throws IOException;
}
