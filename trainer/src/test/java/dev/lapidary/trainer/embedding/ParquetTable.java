package dev.lapidary.trainer.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/**
 * A Parquet file as Apache's own library reads it: its Thrift classes for the headers, its decoders
 * and its record assembly for the columns. Only its class for files, which needs Hadoop, is not
 * used.
 */
public final class ParquetTable {
  private final byte[] file;
  private final FileMetaData footer;

  private ParquetTable(byte[] file, FileMetaData footer) {
    this.file = file;
    this.footer = footer;
  }

  public static ParquetTable read(Path path) throws IOException {
    byte[] file = Files.readAllBytes(path);
    assertThat(new String(file, 0, 4, "US-ASCII")).isEqualTo("PAR1");
    assertThat(new String(file, file.length - 4, 4, "US-ASCII")).isEqualTo("PAR1");
    int length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(file.length - 8);
    ByteArrayInputStream in = new ByteArrayInputStream(file, file.length - 8 - length, length);
    FileMetaData footer = Util.readFileMetaData(in);
    assertThat(in.available()).isZero();
    return new ParquetTable(file, footer);
  }

  FileMetaData footer() {
    return footer;
  }

  public Map<String, String> metadata() {
    Map<String, String> pairs = new LinkedHashMap<>();
    footer.getKey_value_metadata().forEach(pair -> pairs.put(pair.getKey(), pair.getValue()));
    return pairs;
  }

  /** All rows, read with a schema that the file's must equal. */
  public List<Group> rows(MessageType schema) throws IOException {
    List<Group> rows = new ArrayList<>();
    for (RowGroup group : footer.getRow_groups()) {
      PageReadStore pages = new Pages(pages(group), group.getNum_rows());
      RecordReader<Group> reader =
          new ColumnIOFactory()
              .getColumnIO(schema)
              .getRecordReader(pages, new GroupRecordConverter(schema));
      for (long row = 0; row < group.getNum_rows(); row++) {
        rows.add(reader.read());
      }
    }
    return rows;
  }

  /** A row's list of float32. */
  public static float[] floats(Group row, String column) {
    Group list = row.getGroup(column, 0);
    float[] values = new float[list.getFieldRepetitionCount(0)];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.getGroup(0, i).getFloat(0, 0);
    }
    return values;
  }

  private Map<List<String>, Page> pages(RowGroup group) throws IOException {
    Map<List<String>, Page> pages = new HashMap<>();
    long bytes = 0;
    for (ColumnChunk chunk : group.getColumns()) {
      int start = (int) chunk.getMeta_data().getData_page_offset();
      int size = (int) chunk.getMeta_data().getTotal_compressed_size();
      pages.put(chunk.getMeta_data().getPath_in_schema(), page(start, size));
      bytes += size;
    }
    assertThat(bytes).isEqualTo(group.getTotal_byte_size());
    return pages;
  }

  /** A column chunk's only page; its checksum is checked. */
  private Page page(int start, int size) throws IOException {
    ByteArrayInputStream in = new ByteArrayInputStream(file, start, size);
    PageHeader header = Util.readPageHeader(in);
    int from = start + size - in.available();
    assertThat(header.getCompressed_page_size()).isEqualTo(in.available());
    CRC32 crc = new CRC32();
    crc.update(file, from, in.available());
    assertThat(header.getCrc()).isEqualTo((int) crc.getValue());
    DataPageHeader data = header.getData_page_header();
    byte[] bytes = Arrays.copyOfRange(file, from, start + size);
    return new Page(
        new ArrayDeque<>(
            List.of(
                new DataPageV1(
                    BytesInput.from(bytes),
                    data.getNum_values(),
                    header.getUncompressed_page_size(),
                    (Statistics<?>) null,
                    Encoding.valueOf(data.getRepetition_level_encoding().name()),
                    Encoding.valueOf(data.getDefinition_level_encoding().name()),
                    Encoding.valueOf(data.getEncoding().name())))),
        data.getNum_values());
  }

  private record Pages(Map<List<String>, Page> columns, long rows) implements PageReadStore {
    @Override
    public PageReader getPageReader(ColumnDescriptor column) {
      return columns.get(List.of(column.getPath()));
    }

    @Override
    public long getRowCount() {
      return rows;
    }
  }

  private record Page(Deque<DataPage> pages, long values) implements PageReader {
    @Override
    public DictionaryPage readDictionaryPage() {
      return null;
    }

    @Override
    public long getTotalValueCount() {
      return values;
    }

    @Override
    public DataPage readPage() {
      return pages.poll();
    }
  }
}
