package dev.lapidary.core.file;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of any size as read-only memory: parts of it are views of maps, nothing is copied. The
 * file must not be changed in place while a view is used; replacing it, as {@link AtomicFile} does,
 * is fine.
 *
 * <p>A buffer holds at most 2 GiB. So there is a map at every multiple of 256 MiB, each as long as
 * a buffer can be, and every part of up to 1.75 GiB lies inside of one. Maps cost address space
 * only, and their number follows from the file's size, not from what it claims.
 */
public final class MappedFile {
  private static final long STEP = 256L << 20;
  private static final long LONGEST_PART = Integer.MAX_VALUE - STEP;

  private final long size;
  private final List<ByteBuffer> windows;

  private MappedFile(long size, List<ByteBuffer> windows) {
    this.size = size;
    this.windows = windows;
  }

  /**
   * @throws Failure exit 2 if the file cannot be read
   */
  public static MappedFile open(Path file) {
    if (Files.isDirectory(file)) {
      throw Failure.badInput("is a folder; name the file");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      List<ByteBuffer> windows = new ArrayList<>();
      long start = 0;
      do {
        long length = Math.min(size - start, Integer.MAX_VALUE);
        windows.add(channel.map(FileChannel.MapMode.READ_ONLY, start, length));
        start += STEP;
      } while (size > Integer.MAX_VALUE && start < size);
      return new MappedFile(size, windows);
    } catch (NoSuchFileException e) {
      throw new Failure(ExitCode.BAD_INPUT, "there is no such file", e);
    } catch (IOException e) {
      throw new Failure(ExitCode.BAD_INPUT, "cannot be read: " + Failure.reason(e), e);
    }
  }

  /** A file that lies inside of another one, or in memory. */
  public static MappedFile over(ByteBuffer bytes) {
    ByteBuffer whole = bytes.slice().asReadOnlyBuffer();
    return new MappedFile(whole.capacity(), List.of(whole));
  }

  /** Bytes in the file. */
  public long size() {
    return size;
  }

  /**
   * A little-endian view.
   *
   * @throws Failure exit 2 if it is longer than 1.75 GiB, in a file that one map does not hold
   * @throws IllegalArgumentException if it does not lie inside the file
   */
  public ByteBuffer slice(long offset, long length) {
    if (offset < 0 || length < 0 || length > size - offset) {
      throw new IllegalArgumentException(
          "%d bytes at %d of a file of %d".formatted(length, offset, size));
    }
    if (windows.size() > 1 && length > LONGEST_PART) {
      throw Failure.badInput(
          "%d bytes in one piece at %d, at most %d can be read; split that tensor",
          length, offset, LONGEST_PART);
    }
    int index = windows.size() == 1 ? 0 : (int) (offset / STEP);
    ByteBuffer window = windows.get(index);
    return window.slice((int) (offset - index * STEP), (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
