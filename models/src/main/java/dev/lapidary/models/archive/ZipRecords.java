package dev.lapidary.models.archive;

import dev.lapidary.models.failure.ExitCode;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.failure.Quote;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The records of a zip file as PyTorch writes it ({@code caffe2/serialize/inline_container.cc};
 * zip: APPNOTE.TXT): found by the central directory, memory-mapped, below one top folder.
 *
 * <p>A stored record is a view of the file's map, so reading copies nothing and files of any size
 * work, as long as no record has more than 2 GiB. What is deflated (code, usually) is held to a
 * budget that follows from the file's size.
 */
public final class ZipRecords {
  private static final long INFLATED_ANYWAY = 32 << 20;

  private final String folder;
  private final Map<String, Place> places;

  private ZipRecords(String folder, Map<String, Place> places) {
    this.folder = folder;
    this.places = places;
  }

  /** Where a record lies: {@code span} maps from its local header to the next record's. */
  private record Place(ZipDirectory.Entry entry, ByteBuffer span) {}

  /**
   * Maps the file; it must not be changed in place while its records are in use.
   *
   * @throws Failure exit 2 if the file is no zip, is damaged, or is more than a PyTorch zip may be
   */
  public static ZipRecords open(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ZipDirectory directory = ZipDirectory.read(channel);
      requireInflatedBudget(directory, channel.size());
      String folder = directory.topFolder();
      Map<String, Place> places = new LinkedHashMap<>();
      for (Place place : map(channel, directory)) {
        String name = place.entry.name().substring(folder.length() + 1);
        places.put(name, place);
      }
      return new ZipRecords(folder, Collections.unmodifiableMap(places));
    } catch (IOException e) {
      throw new Failure(ExitCode.BAD_INPUT, "cannot be read: " + e.getMessage(), e);
    }
  }

  /** The top folder that all records lie in. */
  public String folder() {
    return folder;
  }

  /** Names below the top folder, in the order of their places in the file. */
  public Set<String> names() {
    return places.keySet();
  }

  public boolean has(String name) {
    return places.containsKey(name);
  }

  /** Bytes that {@link #read} will give. */
  public long size(String name) {
    return place(name).entry.size();
  }

  /**
   * A record's bytes, their CRC checked: a read-only view of the file if stored.
   *
   * @param name below the top folder
   */
  public ByteBuffer read(String name) {
    Place place = place(name);
    ByteBuffer packed = packed(place);
    ByteBuffer bytes =
        place.entry.method() == ZipDirectory.STORED ? packed : inflate(place.entry, packed);
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    if (crc.getValue() != place.entry.crc()) {
      throw Failure.badInput(
          "%s: the CRC is %08x, expected %08x; the file is damaged, fetch it again",
          Quote.of(name), crc.getValue(), place.entry.crc());
    }
    return bytes;
  }

  private Place place(String name) {
    Place place = places.get(name);
    if (place == null) {
      throw Failure.badInput("has no record %s; it is no complete PyTorch archive", Quote.of(name));
    }
    return place;
  }

  /** Skips the local header, whose name and extra field have lengths of their own. */
  private static ByteBuffer packed(Place place) {
    ByteBuffer span = place.span.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (span.capacity() < 30 || span.getInt(0) != 0x04034b50) {
      throw Failure.badInput(
          "%s: no local header where the directory says; the zip is damaged",
          Quote.of(place.entry.name()));
    }
    int start = 30 + (span.getShort(26) & 0xffff) + (span.getShort(28) & 0xffff);
    if (start + place.entry.packedSize() > span.capacity()) {
      throw Failure.badInput(
          "%s: %d bytes do not fit before the next record; the zip is truncated or overlaps itself",
          Quote.of(place.entry.name()), place.entry.packedSize());
    }
    return span.slice(start, (int) place.entry.packedSize()).order(ByteOrder.LITTLE_ENDIAN);
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

  /** One map for as many neighbouring records as fit into 2 GiB: a system has few maps to give. */
  private static List<Place> map(FileChannel channel, ZipDirectory directory) throws IOException {
    List<ZipDirectory.Entry> entries = new ArrayList<>(directory.entries());
    entries.sort(Comparator.comparingLong(ZipDirectory.Entry::headerOffset));
    List<Place> places = new ArrayList<>();
    int first = 0;
    while (first < entries.size()) {
      long start = entries.get(first).headerOffset();
      int next = first;
      while (next < entries.size()
          && spanEnd(directory, entries, next) - start <= Integer.MAX_VALUE) {
        next++;
      }
      if (next == first) {
        throw Failure.badInput(
            "%s: more than 2 GiB in one record; split that tensor",
            Quote.of(entries.get(first).name()));
      }
      long length = spanEnd(directory, entries, next - 1) - start;
      ByteBuffer window = channel.map(FileChannel.MapMode.READ_ONLY, start, length);
      for (; first < next; first++) {
        int from = (int) (entries.get(first).headerOffset() - start);
        int to = (int) (spanEnd(directory, entries, first) - start);
        places.add(new Place(entries.get(first), window.slice(from, to - from)));
      }
    }
    return places;
  }

  private static long spanEnd(ZipDirectory directory, List<ZipDirectory.Entry> sorted, int index) {
    return index + 1 < sorted.size() ? sorted.get(index + 1).headerOffset() : directory.start();
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
