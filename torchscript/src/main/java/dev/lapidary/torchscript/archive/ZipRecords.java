package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.MappedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The records of a zip file as PyTorch writes it ({@code caffe2/serialize/inline_container.cc};
 * zip: APPNOTE.TXT): found by the central directory, memory-mapped, below one top folder.
 *
 * <p>A stored record is a view of the file's map, so reading copies nothing and files of any size
 * work. What is deflated (code, usually) is held to a budget that follows from the file's size.
 */
public final class ZipRecords {
  private static final int LOCAL_HEADER = 30;
  private static final long INFLATED_ANYWAY = 8 << 20;

  private final MappedFile file;
  private final String folder;
  private final Map<String, Span> spans;

  private ZipRecords(MappedFile file, String folder, Map<String, Span> spans) {
    this.file = file;
    this.folder = folder;
    this.spans = spans;
  }

  /** Where a record lies: from its local header to the next record's. */
  private record Span(ZipDirectory.Entry entry, long spanBytes) {}

  /**
   * Reads the directory and holds it against each record's own header: a record whose name is
   * damaged in one of them would else be missing in silence. No record is read yet.
   *
   * @throws Failure exit 2 if the file is no zip, is damaged, or is more than a PyTorch zip may be
   */
  public static ZipRecords open(MappedFile file) {
    ZipDirectory directory = ZipDirectory.read(file);
    requireInflatedBudget(directory, file.size());
    List<ZipDirectory.Entry> entries = new ArrayList<>(directory.entries());
    entries.sort(Comparator.comparingLong(ZipDirectory.Entry::headerOffset));
    String folder = isFlat(directory) ? "" : directory.topFolder();
    int prefix = folder.isEmpty() ? 0 : folder.length() + 1;
    Map<String, Span> spans = new LinkedHashMap<>();
    for (int i = 0; i < entries.size(); i++) {
      ZipDirectory.Entry entry = entries.get(i);
      boolean last = i + 1 == entries.size();
      long end = last ? directory.start() : entries.get(i + 1).headerOffset();
      String name = entry.name().substring(prefix);
      spans.put(name, new Span(entry, end - entry.headerOffset()));
    }
    ZipRecords records = new ZipRecords(file, folder, Collections.unmodifiableMap(spans));
    spans.values().forEach(records::packed);
    return records;
  }

  /** Programs of torch.export before PyTorch 2.8 are zips without a folder. */
  private static boolean isFlat(ZipDirectory directory) {
    return directory.entries().stream()
        .anyMatch(entry -> entry.name().equals("serialized_exported_program.json"));
  }

  /** Whether the file starts as a zip does. */
  public static boolean isZip(MappedFile file) {
    return file.size() > 4 && file.slice(0, 4).getInt(0) == 0x04034b50;
  }

  /** The top folder that all records lie in; empty if there is none. */
  public String folder() {
    return folder;
  }

  /** Names below the top folder, in the order of their places in the file. */
  public Set<String> names() {
    return spans.keySet();
  }

  public boolean has(String name) {
    return spans.containsKey(name);
  }

  /** Whether it is an archive of code, or what {@code torch.save} writes. */
  boolean isTorchScript() {
    return has("constants.pkl") || names().stream().anyMatch(name -> name.startsWith("code/"));
  }

  /** Bytes that {@link #read} will give. */
  public long size(String name) {
    return span(name).entry.size();
  }

  /**
   * A record's bytes, their CRC checked: a read-only view of the file if stored.
   *
   * @param name below the top folder
   */
  public ByteBuffer read(String name) {
    Span span = span(name);
    ByteBuffer packed = packed(span);
    ByteBuffer bytes =
        span.entry.method() == ZipDirectory.STORED ? packed : inflate(span.entry, packed);
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    if (crc.getValue() != span.entry.crc()) {
      throw Failure.badInput(
          "%s: the CRC is %08x, expected %08x; the file is damaged, fetch it again",
          Quote.of(name), crc.getValue(), span.entry.crc());
    }
    return bytes;
  }

  /** Copies of the records below {@code extra/}, by their names there. */
  public SortedMap<String, byte[]> extra() {
    SortedMap<String, byte[]> extra = new TreeMap<>();
    for (String name : names()) {
      if (name.startsWith("extra/")) {
        ByteBuffer bytes = read(name);
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        extra.put(name.substring("extra/".length()), copy);
      }
    }
    return extra;
  }

  private Span span(String name) {
    Span span = spans.get(name);
    if (span == null) {
      throw Failure.badInput("has no record %s; it is no complete PyTorch archive", Quote.of(name));
    }
    return span;
  }

  /** Skips the local header, whose name and extra field have lengths of their own. */
  private ByteBuffer packed(Span span) {
    ZipDirectory.Entry entry = span.entry;
    ByteBuffer header = file.slice(entry.headerOffset(), Math.min(LOCAL_HEADER, span.spanBytes));
    if (header.capacity() < LOCAL_HEADER || header.getInt(0) != 0x04034b50) {
      throw Failure.badInput(
          "%s: no local header where the directory says; the zip is damaged",
          Quote.of(entry.name()));
    }
    int nameBytes = header.getShort(26) & 0xffff;
    int start = LOCAL_HEADER + nameBytes + (header.getShort(28) & 0xffff);
    if (entry.packedSize() > span.spanBytes - start) {
      throw Failure.badInput(
          "%s: %d bytes do not fit before the next record; the zip is truncated or overlaps itself",
          Quote.of(entry.name()), entry.packedSize());
    }
    ByteBuffer name = file.slice(entry.headerOffset() + LOCAL_HEADER, nameBytes);
    if (!name.equals(StandardCharsets.UTF_8.encode(entry.name()))) {
      throw Failure.badInput(
          "%s: has another name in its own header; the zip is damaged", Quote.of(entry.name()));
    }
    return file.slice(entry.headerOffset() + start, entry.packedSize());
  }

  private static ByteBuffer inflate(ZipDirectory.Entry entry, ByteBuffer packed) {
    byte[] bytes = new byte[(int) entry.size()];
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed);
      int filled = 0;
      while (filled < bytes.length) {
        int count = inflater.inflate(bytes, filled, bytes.length - filled);
        if (count == 0) {
          break;
        }
        filled += count;
      }
      boolean whole = filled == bytes.length && inflater.inflate(new byte[1]) == 0;
      if (!whole || !inflater.finished()) {
        throw Failure.badInput(
            "%s: does not inflate to the %d bytes that the directory says; the zip is damaged",
            Quote.of(entry.name()), entry.size());
      }
    } catch (DataFormatException e) {
      throw Failure.badInput("%s: damaged deflate data", Quote.of(entry.name()));
    } finally {
      inflater.end();
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void requireInflatedBudget(ZipDirectory directory, long fileSize) {
    long budget = INFLATED_ANYWAY + 2 * fileSize;
    long inflated = 0;
    for (ZipDirectory.Entry entry : directory.entries()) {
      if (entry.method() != ZipDirectory.STORED) {
        inflated += entry.size();
      }
      if (inflated > budget) {
        throw Failure.badInput(
            "%s: a file of %d bytes claims to inflate to more than %d; store the records instead"
                + " (zip -0)",
            Quote.of(entry.name()), fileSize, budget);
      }
    }
  }
}
