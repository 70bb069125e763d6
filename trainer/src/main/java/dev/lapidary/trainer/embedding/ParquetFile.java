package dev.lapidary.trainer.embedding;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.ListType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;

/**
 * Just enough of Parquet (github.com/apache/parquet-format: {@code README.md}, {@code
 * parquet.thrift}, {@code LogicalTypes.md}) to write tables of strings, int64 and lists of float32:
 * nothing missing, not compressed, one page for each column of a row group.
 *
 * <p>Headers are parquet-format-structures'. Pages are of our own, because Parquet's Java library
 * needs Hadoop to write, 26 jars of 35 MB, and the one without it needs Java 21.
 */
final class ParquetFile implements AutoCloseable {
  private static final byte[] MAGIC = "PAR1".getBytes(US_ASCII);
  private static final int FORMAT_VERSION = 1;

  /** A column of a row of this kind each. */
  record Column(String name, Kind kind) {
    enum Kind {
      TEXT(Type.BYTE_ARRAY),
      INT64(Type.INT64),
      FLOAT_LIST(Type.FLOAT);

      private final Type type;

      Kind(Type type) {
        this.type = type;
      }
    }

    /** From the schema's root to the leaf. */
    List<String> path() {
      return kind == Kind.FLOAT_LIST ? List.of(name, "list", "element") : List.of(name);
    }
  }

  private final FileChannel out;
  private final List<Column> columns;
  private final Map<String, String> metadata;
  private final List<RowGroup> rowGroups = new ArrayList<>();
  private long rows;

  private ParquetFile(FileChannel out, List<Column> columns, Map<String, String> metadata) {
    this.out = out;
    this.columns = columns;
    this.metadata = metadata;
  }

  /** Begins a file; one that is there is replaced. */
  static ParquetFile create(Path file, List<Column> columns, Map<String, String> metadata)
      throws IOException {
    FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    ParquetFile parquet = new ParquetFile(out, columns, new TreeMap<>(metadata));
    parquet.write(ByteBuffer.wrap(MAGIC));
    return parquet;
  }

  /** Adds rows, given as one page a column. */
  void rowGroup(int count, ParquetPage... pages) throws IOException {
    List<ColumnChunk> chunks = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < pages.length; i++) {
      long start = out.position();
      Util.writePageHeader(header(pages[i]), Channels.newOutputStream(out));
      write(pages[i].bytes());
      long size = out.position() - start;
      chunks.add(chunk(columns.get(i), pages[i].values(), start, size));
      bytes += size;
    }
    rowGroups.add(new RowGroup(chunks, bytes, count));
    rows += count;
  }

  /** Writes the footer; nothing can be added any more. */
  void finish() throws IOException {
    List<KeyValue> pairs = new ArrayList<>();
    metadata.forEach((key, value) -> pairs.add(new KeyValue(key).setValue(value)));
    ByteArrayOutputStream footer = new ByteArrayOutputStream();
    Util.writeFileMetaData(
        new FileMetaData(FORMAT_VERSION, schema(), rows, rowGroups)
            .setKey_value_metadata(pairs)
            .setCreated_by("lapidary"),
        footer);
    write(ByteBuffer.wrap(footer.toByteArray()));
    write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, footer.size()));
    write(ByteBuffer.wrap(MAGIC));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private static PageHeader header(ParquetPage page) {
    CRC32 crc = new CRC32();
    crc.update(page.bytes().duplicate());
    int size = page.bytes().remaining();
    return new PageHeader(PageType.DATA_PAGE, size, size)
        .setCrc((int) crc.getValue())
        .setData_page_header(
            new DataPageHeader(page.values(), Encoding.PLAIN, Encoding.RLE, Encoding.RLE));
  }

  private static ColumnChunk chunk(Column column, int values, long start, long size) {
    return new ColumnChunk(start)
        .setMeta_data(
            new ColumnMetaData(
                column.kind().type,
                List.of(Encoding.PLAIN, Encoding.RLE),
                column.path(),
                CompressionCodec.UNCOMPRESSED,
                values,
                size,
                size,
                start));
  }

  /** The tree of columns, depth first: its root, and a list as three levels. */
  private List<SchemaElement> schema() {
    List<SchemaElement> nodes = new ArrayList<>();
    nodes.add(new SchemaElement("schema").setNum_children(columns.size()));
    for (Column column : columns) {
      switch (column.kind()) {
        case INT64 -> nodes.add(leaf(column.kind().type, column.name()));
        case TEXT ->
            nodes.add(
                leaf(column.kind().type, column.name())
                    .setConverted_type(ConvertedType.UTF8)
                    .setLogicalType(LogicalType.STRING(new StringType())));
        case FLOAT_LIST -> {
          nodes.add(
              inner(FieldRepetitionType.REQUIRED, column.name())
                  .setConverted_type(ConvertedType.LIST)
                  .setLogicalType(LogicalType.LIST(new ListType())));
          nodes.add(inner(FieldRepetitionType.REPEATED, "list"));
          nodes.add(leaf(column.kind().type, "element"));
        }
      }
    }
    return nodes;
  }

  private static SchemaElement leaf(Type type, String name) {
    return new SchemaElement(name).setType(type).setRepetition_type(FieldRepetitionType.REQUIRED);
  }

  private static SchemaElement inner(FieldRepetitionType repetition, String name) {
    return new SchemaElement(name).setRepetition_type(repetition).setNum_children(1);
  }

  private void write(ByteBuffer bytes) throws IOException {
    ByteBuffer remaining = bytes.duplicate();
    while (remaining.hasRemaining()) {
      out.write(remaining);
    }
  }
}
