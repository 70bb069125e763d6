package dev.lapidary.trainer.embedding;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Sample;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.embedding.ParquetFile.Column;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The columns that {@link EmbeddingFormat#PARQUET} names. What has no column is in the file's
 * key-value metadata, as JSON: {@code lapidary.classes}, the names by label, and {@code
 * lapidary.shape}, that of one embedding, whose numbers lie in the list row-major.
 */
final class ParquetEmbeddings implements EmbeddingFile {
  /** Of a row group: readers hold one at a time. */
  private static final int MAX_NUMBERS = 4 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ParquetFile parquet;
  private final Dataset data;
  private final int length;
  private final FloatBuffer buffer;
  private int written;

  private ParquetEmbeddings(ParquetFile parquet, Dataset data, int length) {
    this.parquet = parquet;
    this.data = data;
    this.length = length;
    int rows = Math.max(1, Math.min(data.size(), MAX_NUMBERS / length));
    this.buffer = FloatBuffer.allocate(Math.multiplyExact(rows, length));
  }

  static ParquetEmbeddings create(Path file, Dataset data, List<Long> shape) throws IOException {
    int length = Math.toIntExact(Tensor.numel(shape.stream().mapToLong(n -> n).toArray()));
    Map<String, String> metadata =
        Map.of(
            "lapidary.classes", JSON.writeValueAsString(data.labels()),
            "lapidary.shape", JSON.writeValueAsString(shape));
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("path", Column.Kind.TEXT));
    if (data.task() == Task.MULTI_LABEL && !data.labels().isEmpty()) {
      columns.add(new Column("labels", Column.Kind.TEXT));
    } else if (!data.labels().isEmpty()) {
      columns.add(new Column("label", Column.Kind.INT64));
      columns.add(new Column("class", Column.Kind.TEXT));
    }
    columns.add(new Column("embedding", Column.Kind.FLOAT_LIST));
    return new ParquetEmbeddings(ParquetFile.create(file, columns, metadata), data, length);
  }

  @Override
  public void add(float... values) throws IOException {
    for (int at = 0; at < values.length; at += length) {
      buffer.put(values, at, length);
      if (!buffer.hasRemaining()) {
        writeRows();
      }
    }
  }

  @Override
  public void finish() throws IOException {
    if (buffer.position() > 0) {
      writeRows();
    }
    parquet.finish();
  }

  private void writeRows() throws IOException {
    int rows = buffer.position() / length;
    List<Sample> samples = data.samples().subList(written, written + rows);
    List<ParquetPage> pages = new ArrayList<>();
    pages.add(ParquetPage.texts(samples.stream().map(Sample::name).toList()));
    if (data.task() == Task.SINGLE_LABEL) {
      pages.add(ParquetPage.longs(samples.stream().mapToLong(Sample::label).toArray()));
    }
    if (!data.labels().isEmpty()) {
      pages.add(ParquetPage.texts(samples.stream().map(this::labels).toList()));
    }
    pages.add(ParquetPage.floatLists(length, buffer.flip()));
    parquet.rowGroup(rows, pages.toArray(ParquetPage[]::new));
    written += rows;
    buffer.clear();
  }

  private String labels(Sample sample) {
    return sample.labels().stream().map(data.labels()::get).collect(Collectors.joining("|"));
  }

  @Override
  public void close() throws IOException {
    parquet.close();
  }
}
