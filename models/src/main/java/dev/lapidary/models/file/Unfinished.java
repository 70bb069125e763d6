package dev.lapidary.models.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Files that nobody shall find if the program is ended by a signal: those that are being written,
 * and temporary ones. On a signal no {@code finally} runs; a program whose work need not end in
 * order calls {@link #deleteOnSignal} once.
 */
public final class Unfinished {
  private static final Set<Path> PATHS = ConcurrentHashMap.newKeySet();

  private Unfinished() {}

  /** Of a file, or of a folder with the files in it. */
  public static void add(Path path) {
    PATHS.add(path.toAbsolutePath());
  }

  /** It is whole, or gone. */
  public static void remove(Path path) {
    PATHS.remove(path.toAbsolutePath());
  }

  public static void deleteOnSignal() {
    Runtime.getRuntime().addShutdownHook(new Thread(Unfinished::delete, "unfinished"));
  }

  static void delete() {
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
