package dev.lapidary.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Damages files by seed and holds readers to what they promise about them. */
public final class Hostile {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Hostile() {}

  /**
   * Reads the bytes as a file. The reader may give a value, or refuse by a one-line {@link Failure}
   * of exit 2; any other exception, and allocating more than 64 MB + 4 x the file, fails the test.
   */
  public static <T> Optional<T> read(byte[] bytes, Path folder, Function<Path, T> reader) {
    return read(bytes, folder, Set.of(ExitCode.BAD_INPUT), reader);
  }

  /** The same where a refusal may be of other kinds. */
  public static <T> Optional<T> read(
      byte[] bytes, Path folder, Set<ExitCode> refusals, Function<Path, T> reader) {
    Path file = folder.resolve("hostile");
    try {
      Files.deleteIfExists(file);
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      return Optional.of(reader.apply(file));
    } catch (Failure e) {
      assertThat(refusals).contains(e.code());
      assertThat(e.getMessage()).startsWith("[hostile] ").hasSizeLessThan(600);
      assertThat(e.getMessage().chars().noneMatch(Character::isISOControl)).isTrue();
      return Optional.empty();
    } finally {
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertThat(allocated).isLessThan((64L << 20) + 4L * bytes.length);
    }
  }

  /** A case's draws. Neighbouring seeds of {@link Random} draw alike, so they are spread first. */
  public static Random random(int attack, int seed) {
    return new Random((1_000_003L * attack + seed + 1) * 0x9E3779B97F4A7C15L);
  }

  /** The first part of the bytes. */
  public static byte[] cut(byte[] bytes, Random random) {
    return java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
  }

  /** With one to eight bytes of a range changed. */
  public static byte[] flip(byte[] bytes, int from, int to, Random random) {
    byte[] flipped = bytes.clone();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      flipped[from + random.nextInt(to - from)] ^= (byte) (1 + random.nextInt(255));
    }
    return flipped;
  }

  /** With bytes replaced, repeated, taken out or put in: lengths and structure break. */
  public static byte[] rearrange(byte[] bytes, byte[] alphabet, Random random) {
    byte[] result = bytes.clone();
    for (int i = 1 + random.nextInt(4); i > 0 && result.length > 2; i--) {
      int at = random.nextInt(result.length - 1);
      int length = 1 + random.nextInt(Math.min(64, result.length - at - 1));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(result, 0, at);
      switch (random.nextInt(4)) {
        case 0 -> out.write(alphabet[random.nextInt(alphabet.length)]);
        case 1 -> {
          out.write(result, at, length);
          out.write(result, at, length);
        }
        case 2 -> out.write(random.nextInt(256));
        default -> {
          int from = random.nextInt(result.length - length);
          out.write(result, from, length);
        }
      }
      int rest = at + (random.nextBoolean() ? 1 : 0);
      out.write(result, rest, result.length - rest);
      result = out.toByteArray();
    }
    return result;
  }

  /** A zip of stored records below {@code folder/}, as the JDK writes it. */
  public static byte[] zip(String folder, Map<String, byte[]> records) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> record : records.entrySet()) {
        ZipEntry entry = new ZipEntry(folder + record.getKey());
        CRC32 crc = new CRC32();
        crc.update(record.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(record.getValue().length);
        zip.putNextEntry(entry);
        zip.write(record.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Bytes of Latin-1 text, where {@code \\u0080} is the byte 0x80. */
  public static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }
}
