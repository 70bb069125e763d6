package dev.lapidary.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of an archive by their paths in it, before they are packed. */
final class FileTree {
  private final SortedMap<String, Entry> files = new TreeMap<>();

  /** One file: its bytes here or on disk. */
  interface Bytes {
    byte[] read() throws IOException;
  }

  /**
   * @param executable by everyone
   */
  record Entry(Bytes bytes, boolean executable) {}

  void add(String path, byte[] bytes) {
    files.put(path, new Entry(() -> bytes, false));
  }

  void add(String path, Bytes bytes) {
    files.put(path, new Entry(bytes, false));
  }

  void addProgram(String path, byte[] bytes) {
    files.put(path, new Entry(() -> bytes, true));
  }

  void add(String path, Path file) {
    files.put(path, new Entry(() -> Files.readAllBytes(file), Files.isExecutable(file)));
  }

  /** A folder with all below it. */
  void addAll(String prefix, Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      List<Path> all = found.filter(Files::isRegularFile).toList();
      for (Path file : all) {
        add(prefix + folder.relativize(file).toString().replace('\\', '/'), file);
      }
    }
  }

  /** In the order of their paths. */
  SortedMap<String, Entry> files() {
    return files;
  }
}
