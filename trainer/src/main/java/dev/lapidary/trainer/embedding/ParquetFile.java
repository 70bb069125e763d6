package dev.lapidary.trainer.embedding;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Just enough of Parquet (github.com/apache/parquet-format: {@code README.md}, {@code
 * parquet.thrift}, {@code LogicalTypes.md}) to write tables of strings, int64 and lists of float32:
 * nothing missing, not compressed, one page for each column of a row group.
 *
 * <p>Of our own because Parquet's Java library needs Hadoop to write, 26 jars of 35 MB, and the one
 * without it needs Java 21.
 */
final class ParquetFile implements AutoCloseable {
  private static final byte[] MAGIC = "PAR1".getBytes(US_ASCII);

  // Numbers of parquet.thrift's enumerations.
  private static final int INT64 = 2;
  private static final int FLOAT = 4;
  private static final int BYTE_ARRAY = 6;
  private static final int REQUIRED = 0;
  private static final int REPEATED = 2;
  private static final int UTF8 = 0;
  private static final int LIST = 3;
  private static final int PLAIN = 0;
  private static final int RLE = 3;
  private static final int UNCOMPRESSED = 0;
  private static final int DATA_PAGE = 0;

  /** A column of a row of this kind each. */
  record Column(String name, Kind kind) {
    enum Kind {
      TEXT(BYTE_ARRAY),
      INT64(ParquetFile.INT64),
      FLOAT_LIST(FLOAT);

      private final int type;

      Kind(int type) {
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
  private final List<ThriftCompact> rowGroups = new ArrayList<>();
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
    List<ThriftCompact> chunks = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < pages.length; i++) {
      long start = out.position();
      write(ByteBuffer.wrap(header(pages[i]).bytes()));
      write(pages[i].bytes());
      long size = out.position() - start;
      chunks.add(chunk(columns.get(i), pages[i].values(), start, size));
      bytes += size;
    }
    rowGroups.add(new ThriftCompact().structs(1, chunks).i64(2, bytes).i64(3, count));
    rows += count;
  }

  /** Writes the footer; nothing can be added any more. */
  void finish() throws IOException {
    List<ThriftCompact> pairs = new ArrayList<>();
    metadata.forEach((key, value) -> pairs.add(new ThriftCompact().text(1, key).text(2, value)));
    byte[] footer =
        new ThriftCompact()
            .i32(1, 1)
            .structs(2, schema())
            .i64(3, rows)
            .structs(4, rowGroups)
            .structs(5, pairs)
            .text(6, "lapidary")
            .bytes();
    write(ByteBuffer.wrap(footer));
    write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, footer.length));
    write(ByteBuffer.wrap(MAGIC));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private static ThriftCompact header(ParquetPage page) {
    CRC32 crc = new CRC32();
    crc.update(page.bytes().duplicate());
    int size = page.bytes().remaining();
    return new ThriftCompact()
        .i32(1, DATA_PAGE)
        .i32(2, size)
        .i32(3, size)
        .i32(4, (int) crc.getValue())
        .struct(5, new ThriftCompact().i32(1, page.values()).i32(2, PLAIN).i32(3, RLE).i32(4, RLE));
  }

  private static ThriftCompact chunk(Column column, int values, long start, long size) {
    ThriftCompact about =
        new ThriftCompact()
            .i32(1, column.kind().type)
            .i32s(2, PLAIN, RLE)
            .texts(3, column.path())
            .i32(4, UNCOMPRESSED)
            .i64(5, values)
            .i64(6, size)
            .i64(7, size)
            .i64(9, start);
    return new ThriftCompact().i64(2, start).struct(3, about);
  }

  /** The tree of columns, depth first: its root, and a list as three levels. */
  private List<ThriftCompact> schema() {
    List<ThriftCompact> nodes = new ArrayList<>();
    nodes.add(new ThriftCompact().text(4, "schema").i32(5, columns.size()));
    for (Column column : columns) {
      String name = column.name();
      switch (column.kind()) {
        case INT64 -> nodes.add(leaf(INT64, name));
        case TEXT -> nodes.add(leaf(BYTE_ARRAY, name).i32(6, UTF8).struct(10, logical(1)));
        case FLOAT_LIST -> {
          ThriftCompact list = new ThriftCompact().i32(3, REQUIRED).text(4, name).i32(5, 1);
          nodes.add(list.i32(6, LIST).struct(10, logical(3)));
          nodes.add(new ThriftCompact().i32(3, REPEATED).text(4, "list").i32(5, 1));
          nodes.add(leaf(FLOAT, "element"));
        }
      }
    }
    return nodes;
  }

  private static ThriftCompact leaf(int type, String name) {
    return new ThriftCompact().i32(1, type).i32(3, REQUIRED).text(4, name);
  }

  /** LogicalType is a union of empty structs: 1 a string, 3 a list. */
  private static ThriftCompact logical(int choice) {
    return new ThriftCompact().struct(choice, new ThriftCompact());
  }

  private void write(ByteBuffer bytes) throws IOException {
    ByteBuffer rest = bytes.duplicate();
    while (rest.hasRemaining()) {
      out.write(rest);
    }
  }
}
