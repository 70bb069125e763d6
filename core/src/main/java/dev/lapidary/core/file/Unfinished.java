package dev.lapidary.core.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Files that nobody shall find if the program is ended by a signal: those that are being written,
 * and temporary ones. On a signal no {@code finally} runs, but the program's threads go on until
 * the process has ended; a program whose work need not end in order calls {@link #end} then, and
 * from there on no file appears by {@link #create} or {@link #move}.
 */
public final class Unfinished {
  private static final Set<Path> PATHS = new LinkedHashSet<>();
  private static boolean ended;

  private Unfinished() {}

  /** Makes a file or a folder. */
  @FunctionalInterface
  public interface Maker {
    Path make() throws IOException;
  }

  /** Renames a file. */
  @FunctionalInterface
  public interface Mover {
    void move() throws IOException;
  }

  /** Makes a file, or a folder for files, that is to be deleted on a signal. */
  public static synchronized Path create(Maker maker) throws IOException {
    awaitEnd();
    Path path = maker.make();
    PATHS.add(path.toAbsolutePath());
    return path;
  }

  /** Gives a file another name, before a signal or not at all. */
  public static synchronized void move(Mover mover) throws IOException {
    awaitEnd();
    mover.move();
  }

  /** Of a file that {@link #move} will make. */
  public static synchronized void add(Path path) {
    PATHS.add(path.toAbsolutePath());
  }

  /** It is whole, or gone. */
  public static synchronized void remove(Path path) {
    awaitEnd(); // what was deleted under a thread's hands is no error to tell of
    PATHS.remove(path.toAbsolutePath());
  }

  /** Deletes them, and holds each thread that would make another one: the program is ending. */
  public static synchronized void end() {
    ended = true;
    delete();
  }

  /** Holds a thread that the machine stops in a moment. */
  private static void awaitEnd() {
    while (ended) {
      try {
        Unfinished.class.wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static synchronized void delete() {
    for (Path path : PATHS) {
      try {
        if (Files.isDirectory(path)) {
          try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
              Files.deleteIfExists(file);
            }
          }
        }
        Files.deleteIfExists(path);
      } catch (IOException e) {
        System.err.println("a file is left behind: " + path);
      }
    }
  }
}
