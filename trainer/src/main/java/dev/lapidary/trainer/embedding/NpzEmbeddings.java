package dev.lapidary.trainer.embedding;

import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Sample;
import dev.lapidary.trainer.data.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** The arrays that {@link EmbeddingFormat#NPZ} names. */
record NpzEmbeddings(NpzFile npz, Dataset data) implements EmbeddingFile {
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
    long images = data.size();
    long labels = data.labels().size();
    if (labels > 0) {
      npz.longs(
          "labels",
          data.task() == Task.MULTI_LABEL ? List.of(images, labels) : List.of(images),
          data.targets(IntStream.range(0, data.size()).toArray()));
    }
    npz.texts("paths", data.samples().stream().map(Sample::name).toList());
    if (labels > 0) {
      npz.texts("classes", data.labels());
    }
  }

  @Override
  public void close() throws IOException {
    npz.close();
  }
}
