package dev.lapidary.core.file;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes a file so that a reader sees the old one or the whole new one, never a part: a temporary
 * name in the same folder, fsync, atomic move, fsync of the folder.
 */
public final class AtomicFile {
  private static final AtomicLong COUNT = new AtomicLong();

  private AtomicFile() {}

  /** Fills a file that is not there yet, by its temporary name. */
  @FunctionalInterface
  public interface Filler {
    void fill(Path temporary) throws IOException;
  }

  /**
   * Refuses (exit 2) an output that exists, unless {@code force}. Call it before the work begins,
   * so that nobody trains for an hour and is refused then.
   */
  public static void requireAbsent(Path target, boolean force) {
    if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      throw Failure.badInput("%s is a folder; choose another --out", target);
    }
    if (!force && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw Failure.badInput("%s exists; choose another --out or add --force", target);
    }
  }

  /** Writes {@code target}, replacing it atomically; on any error the old file is untouched. */
  public static void write(Path target, Filler filler) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null) {
      throw Failure.badInput("%s is not a file's path", target);
    }
    Files.createDirectories(folder);
    Path temporary = folder.resolve(temporaryName(target));
    try {
      Unfinished.create(() -> Files.createFile(temporary));
      filler.fill(temporary);
      sync(temporary, true);
      Unfinished.move(() -> move(temporary, target));
      sync(folder, false);
    } catch (FileSystemException e) {
      throw String.valueOf(temporary).equals(e.getFile()) ? named(e, target) : e;
    } finally {
      Files.deleteIfExists(temporary);
      Unfinished.remove(temporary);
    }
  }

  /** By the name that the user gave: nobody knows the temporary one. */
  private static FileSystemException named(FileSystemException error, Path target) {
    String file = target.toString();
    FileSystemException named =
        error instanceof AccessDeniedException
            ? new AccessDeniedException(file)
            : error instanceof NoSuchFileException
                ? new NoSuchFileException(file)
                : new FileSystemException(file, null, error.getReason());
    named.initCause(error);
    return named;
  }

  /** Makes the name of a new file or folder outlive a power failure. */
  public static void syncFolder(Path newFile) throws IOException {
    Path folder = newFile.toAbsolutePath().getParent();
    if (folder != null) {
      sync(folder, false);
    }
  }

  /** Not {@code createTempFile}, whose files only their owner may read. */
  private static String temporaryName(Path target) {
    long process = ProcessHandle.current().pid();
    return "." + target.getFileName() + "." + process + "-" + COUNT.incrementAndGet() + ".tmp";
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** A folder cannot be opened for fsync on Windows; there the move alone must do. */
  private static void sync(Path path, boolean required) throws IOException {
    var mode = required ? StandardOpenOption.WRITE : StandardOpenOption.READ;
    try (FileChannel channel = FileChannel.open(path, mode)) {
      channel.force(true);
    } catch (IOException e) {
      if (required) {
        throw e;
      }
    }
  }
}
