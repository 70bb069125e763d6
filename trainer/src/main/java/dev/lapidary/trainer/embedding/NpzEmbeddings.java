package dev.lapidary.trainer.embedding;

import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The arrays that {@link EmbeddingFormat#NPZ} names. */
final class NpzEmbeddings implements EmbeddingFile {
  private final NpzFile npz;
  private final Dataset data;

  private NpzEmbeddings(NpzFile npz, Dataset data) {
    this.npz = npz;
    this.data = data;
  }

  static NpzEmbeddings create(Path file, Dataset data, List<Long> shape) throws IOException {
    NpzFile npz = NpzFile.create(file);
    npz.startFloats("embeddings", data.size(), shape);
    return new NpzEmbeddings(npz, data);
  }

  @Override
  public void add(float... values) throws IOException {
    npz.floats(values);
  }

  @Override
  public void finish() throws IOException {
    npz.longs("labels", data.samples().stream().mapToLong(Sample::label).toArray());
    npz.texts("paths", data.samples().stream().map(Sample::name).toList());
    npz.texts("classes", data.labels());
  }

  @Override
  public void close() throws IOException {
    npz.close();
  }
}
