package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Writes a zip as PyTorch does ({@code caffe2/serialize/inline_container.cc}): records stored,
 * their data at multiples of 64 bytes by an extra field 'FB' full of 'Z'. Every date is 1980-01-01,
 * so equal records give equal files. Zip64 where the file passes 4 GiB or 65,534 records.
 */
final class ZipRecordWriter {
  private static final int ALIGNMENT = 64;
  private static final int FIRST_DATE = 0x21;
  private static final int UTF8_NAME = 0x800;
  private static final long ZIP64 = 0xffffffffL;

  private final FileChannel out;
  private final String folder;
  private final List<Written> written = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  /**
   * @param folder the top folder that every record's name gets
   */
  ZipRecordWriter(FileChannel out, String folder) {
    this.out = out;
    this.folder = folder;
  }

  private record Written(ByteBuffer name, long crc, int size, long offset) {
    int nameBytes() {
      return name.capacity();
    }
  }

  /** Adds a record of the buffer's remaining bytes; a map of a file goes through without a copy. */
  void add(String name, ByteBuffer bytes) throws IOException {
    if (!names.add(name)) {
      throw Failure.badInput("two records named %s; rename one", Quote.of(name));
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    ByteBuffer path = StandardCharsets.UTF_8.encode(folder + "/" + name).slice();
    Written record = new Written(path, crc.getValue(), bytes.remaining(), out.position());
    written.add(record);
    writeFully(localHeader(record));
    writeFully(bytes.duplicate());
  }

  /** Writes the directory; nothing can be added any more. */
  void finish() throws IOException {
    long start = out.position();
    for (Written record : written) {
      writeFully(directoryHeader(record));
    }
    long size = out.position() - start;
    if (written.size() >= 0xffff || start >= ZIP64 || size >= ZIP64) {
      writeFully(zip64End(size, start, out.position()));
    }
    int count = Math.min(written.size(), 0xffff);
    writeFully(
        little(22)
            .putInt(0x06054b50)
            .putInt(0)
            .putShort((short) count)
            .putShort((short) count)
            .putInt((int) Math.min(size, ZIP64))
            .putInt((int) Math.min(start, ZIP64))
            .putShort((short) 0)
            .flip());
  }

  private static ByteBuffer localHeader(Written record) {
    long unpadded = record.offset + 30 + record.nameBytes() + 4;
    int padding = (int) ((ALIGNMENT - unpadded % ALIGNMENT) % ALIGNMENT);
    ByteBuffer header = little(30 + record.nameBytes() + 4 + padding).putInt(0x04034b50);
    putCommon(header, record)
        .putShort((short) (4 + padding))
        .put(record.name.duplicate())
        .put((byte) 'F')
        .put((byte) 'B')
        .putShort((short) padding);
    while (header.hasRemaining()) {
      header.put((byte) 'Z');
    }
    return header.flip();
  }

  private static ByteBuffer directoryHeader(Written record) {
    boolean far = record.offset >= ZIP64;
    ByteBuffer header =
        little(46 + record.nameBytes() + (far ? 12 : 0)).putInt(0x02014b50).putShort((short) 45);
    putCommon(header, record)
        .putShort((short) (far ? 12 : 0))
        .putShort((short) 0)
        .putShort((short) 0)
        .putShort((short) 0)
        .putInt(0)
        .putInt((int) Math.min(record.offset, ZIP64))
        .put(record.name.duplicate());
    if (far) {
      header.putShort((short) 1).putShort((short) 8).putLong(record.offset);
    }
    return header.flip();
  }

  /** What a local header and the directory share: version needed to the name's length. */
  private static ByteBuffer putCommon(ByteBuffer header, Written record) {
    return header
        .putShort((short) 45)
        .putShort((short) UTF8_NAME)
        .putShort((short) 0)
        .putShort((short) 0)
        .putShort((short) FIRST_DATE)
        .putInt((int) record.crc)
        .putInt(record.size)
        .putInt(record.size)
        .putShort((short) record.nameBytes());
  }

  private ByteBuffer zip64End(long size, long start, long here) {
    return little(56 + 20)
        .putInt(0x06064b50)
        .putLong(44)
        .putShort((short) 45)
        .putShort((short) 45)
        .putInt(0)
        .putInt(0)
        .putLong(written.size())
        .putLong(written.size())
        .putLong(size)
        .putLong(start)
        .putInt(0x07064b50)
        .putInt(0)
        .putLong(here)
        .putInt(1)
        .flip();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void writeFully(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
