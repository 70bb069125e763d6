package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.MappedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A zip's central directory, with the limits that a hostile file must not pass. Spec: APPNOTE.TXT
 * 4.3.12 to 4.3.16 and 4.5.3 (zip64).
 *
 * @param entries in the directory's order, folders left out
 * @param start the directory's offset in the file, behind the last record
 */
record ZipDirectory(List<Entry> entries, long start) {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  private static final int MAX_ENTRIES = 100_000;
  private static final int LONGEST_NAME = 4096;
  private static final int END_BYTES = 22;
  private static final int HEADER_BYTES = 46;
  private static final long IN_ZIP64 = 0xffffffffL;

  /** Sizes and offsets count bytes; {@code name} has its top folder. */
  record Entry(String name, int method, long crc, long packedSize, long size, long headerOffset) {}

  /** Where the directory lies, and how much of it. */
  private record End(long count, long size, long offset) {}

  static ZipDirectory read(MappedFile file) {
    refuseOther(file);
    End end = end(file);
    ByteBuffer in = file.slice(end.offset, end.size);
    List<Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < end.count; i++) {
      Entry entry = entry(in, end.offset);
      if (!names.add(entry.name)) {
        throw Failure.badInput("holds the record %s twice", Quote.of(entry.name));
      }
      if (!entry.name.endsWith("/")) {
        entries.add(entry);
      }
    }
    if (in.hasRemaining()) {
      throw Failure.badInput(
          "its zip directory goes on behind its %d records; the file is damaged", end.count);
    }
    if (entries.isEmpty()) {
      throw Failure.badInput("is a zip without any record; it is no PyTorch archive");
    }
    return new ZipDirectory(entries, end.offset);
  }

  /** The folder that all records share, as PyTorch's reader demands. */
  String topFolder() {
    String first = entries.get(0).name;
    String prefix = first.substring(0, first.indexOf('/') + 1);
    for (Entry entry : entries) {
      if (prefix.isEmpty() || !entry.name.startsWith(prefix)) {
        throw Failure.badInput(
            "the record %s lies outside of the top folder %s; a PyTorch archive has one folder",
            Quote.of(entry.name), Quote.of(prefix));
      }
    }
    return prefix.substring(0, prefix.length() - 1);
  }

  private static void refuseOther(MappedFile file) {
    int shown = (int) Math.min(8, file.size());
    String magic = StandardCharsets.ISO_8859_1.decode(file.slice(0, shown)).toString();
    if (magic.equals("PYTORCH1")) {
      throw Failure.badInput(
          "is an archive of PyTorch 1.0 development versions (PYTORCH1); load it there and save it"
              + " with PyTorch 1.4 or later");
    }
    if (!magic.startsWith("PK\3\4")) {
      throw Failure.badInput(
          "starts with %s, expected a zip (PK); %s", Quote.of(magic), known(magic, file.size()));
    }
  }

  /** What it is instead, and what can be done with it. */
  private static String known(String magic, long size) {
    String asWeights = "give it as weights of an architecture (--arch NAME)";
    if (size == 0) {
      return "it is empty";
    }
    if (magic.startsWith("\u0080\u0002\u008a\n")) {
      return "it is a torch.save file of PyTorch before 1.6, not a TorchScript archive; "
          + asWeights;
    }
    if (size > 9 && magic.substring(3).equals("\0\0\0\0\0")) {
      return "it may be a safetensors file: " + asWeights;
    }
    if (magic.matches("(?s)\\x08[\\x01-\\x20][\\x12\\x3a\\x0a\\x42].*")) {
      return "it may be an ONNX model, which is exported already; " + asWeights;
    }
    return "it is no PyTorch archive: save the network by torch.jit.save";
  }

  private static End end(MappedFile file) {
    long fileSize = file.size();
    int tailBytes = (int) Math.min(fileSize, END_BYTES + 0xffff);
    ByteBuffer tail = file.slice(fileSize - tailBytes, tailBytes);
    int at = tailBytes - END_BYTES;
    while (at >= 0
        && (tail.getInt(at) != 0x06054b50
            || (tail.getShort(at + 20) & 0xffff) != tailBytes - at - END_BYTES)) {
      at--;
    }
    if (at < 0) {
      throw Failure.badInput("has no zip directory at its end; it is truncated, fetch it again");
    }
    End end =
        new End(
            tail.getShort(at + 10) & 0xffff,
            Integer.toUnsignedLong(tail.getInt(at + 12)),
            Integer.toUnsignedLong(tail.getInt(at + 16)));
    if (end.count == 0xffff || end.size == IN_ZIP64 || end.offset == IN_ZIP64) {
      end = zip64End(file, fileSize - tailBytes + at);
    }
    if (end.count < 0 || end.count > MAX_ENTRIES) {
      throw Failure.badInput("claims %d records, at most %d are read", end.count, MAX_ENTRIES);
    }
    if (end.offset < 0
        || end.size < end.count * HEADER_BYTES
        || end.size > Integer.MAX_VALUE
        || end.offset > fileSize - end.size) {
      throw Failure.badInput(
          "its zip directory of %d bytes at %d does not fit into %d bytes; it is truncated",
          end.size, end.offset, fileSize);
    }
    return end;
  }

  private static End zip64End(MappedFile file, long endOffset) {
    if (endOffset >= 20) {
      ByteBuffer locator = file.slice(endOffset - 20, 20);
      long offset = locator.getLong(8);
      if (locator.getInt(0) == 0x07064b50 && offset >= 0 && offset <= endOffset - 76) {
        ByteBuffer end = file.slice(offset, 56);
        if (end.getInt(0) == 0x06064b50) {
          return new End(end.getLong(32), end.getLong(40), end.getLong(48));
        }
      }
    }
    throw Failure.badInput("its zip64 directory is missing; the file is damaged, fetch it again");
  }

  private static Entry entry(ByteBuffer in, long directoryStart) {
    if (in.remaining() < HEADER_BYTES || in.getInt(in.position()) != 0x02014b50) {
      throw Failure.badInput("its zip directory is damaged; fetch the file again");
    }
    int at = in.position();
    int nameBytes = in.getShort(at + 28) & 0xffff;
    int extraBytes = in.getShort(at + 30) & 0xffff;
    int commentBytes = in.getShort(at + 32) & 0xffff;
    if (in.remaining() < HEADER_BYTES + nameBytes + extraBytes + commentBytes) {
      throw Failure.badInput("its zip directory is cut off; fetch the file again");
    }
    in.position(at + HEADER_BYTES);
    String name = name(in.slice(in.position(), nameBytes));
    ByteBuffer extra = in.slice(in.position() + nameBytes, extraBytes);
    in.position(in.position() + nameBytes + extraBytes + commentBytes);
    long[] sizes =
        zip64(
            extra.order(ByteOrder.LITTLE_ENDIAN),
            name,
            Integer.toUnsignedLong(in.getInt(at + 24)),
            Integer.toUnsignedLong(in.getInt(at + 20)),
            Integer.toUnsignedLong(in.getInt(at + 42)));
    int flags = in.getShort(at + 8);
    int method = in.getShort(at + 10) & 0xffff;
    long crc = Integer.toUnsignedLong(in.getInt(at + 16));
    Entry entry = new Entry(name, method, crc, sizes[1], sizes[0], sizes[2]);
    require(entry, (flags & 1) != 0, directoryStart);
    return entry;
  }

  /** Takes from the zip64 field those of size, packed size and offset that are all ones. */
  private static long[] zip64(ByteBuffer extra, String name, long... values) {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xffff;
      int length = Math.min(extra.getShort() & 0xffff, extra.remaining());
      ByteBuffer field = extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      extra.position(extra.position() + length);
      for (int i = 0; id == 1 && i < values.length; i++) {
        if (values[i] == IN_ZIP64 && field.remaining() >= 8) {
          values[i] = field.getLong();
        }
      }
    }
    for (long value : values) {
      if (value < 0 || value == IN_ZIP64) {
        throw Failure.badInput("%s: a damaged zip64 size or offset", Quote.of(name));
      }
    }
    return values;
  }

  private static void require(Entry entry, boolean encrypted, long directoryStart) {
    String shown = Quote.of(entry.name);
    if (encrypted) {
      throw Failure.badInput("%s: is encrypted; unpack the zip and store it plainly", shown);
    }
    if (entry.method != STORED && entry.method != DEFLATED) {
      throw Failure.badInput(
          "%s: compression method %d, expected 0 (stored) or 8", shown, entry.method);
    }
    if (entry.method == STORED && entry.size != entry.packedSize) {
      throw Failure.badInput(
          "%s: stored, but %d bytes of %d; the zip is damaged",
          shown, entry.packedSize, entry.size);
    }
    if (entry.size > Integer.MAX_VALUE - 8) {
      throw Failure.badInput("%s: more than 2 GiB in one record; split that tensor", shown);
    }
    if (entry.headerOffset >= directoryStart
        || entry.packedSize > directoryStart - entry.headerOffset) {
      throw Failure.badInput(
          "%s: %d bytes at %d lie outside of the file; it is truncated, fetch it again",
          shown, entry.packedSize, entry.headerOffset);
    }
  }

  private static String name(ByteBuffer bytes) {
    String shown = Quote.of(StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString());
    String name;
    try {
      name = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw Failure.badInput("a record's name is not UTF-8: %s", shown);
    }
    boolean plain = !name.isEmpty() && name.length() <= LONGEST_NAME && name.charAt(0) != '/';
    String folders = "/" + name + (name.endsWith("/") ? "" : "/");
    if (!plain
        || folders.contains("//")
        || folders.contains("/../")
        || folders.contains("/./")
        || name.chars().anyMatch(c -> c == '\\' || Character.isISOControl(c))) {
      throw Failure.badInput(
          "a record's name leaves the archive or is malformed: %s; the file is not PyTorch's",
          shown);
    }
    return name;
  }
}
