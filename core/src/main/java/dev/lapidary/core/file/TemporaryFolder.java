package dev.lapidary.core.file;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of files that native code is to read and that nobody shall find later, not even after a
 * signal. Close it.
 */
public record TemporaryFolder(Path path) implements AutoCloseable {

  /** In the machine's folder of temporary files. */
  public static TemporaryFolder create(String prefix) throws IOException {
    return new TemporaryFolder(Unfinished.create(() -> Files.createTempDirectory(prefix)));
  }

  public Path resolve(String file) {
    return path.resolve(file);
  }

  /** Windows keeps files that are mapped: there they go when the program ends, last one first. */
  @Override
  public void close() throws IOException {
    List<File> files;
    try (Stream<Path> paths = Files.list(path)) {
      files = paths.map(Path::toFile).toList();
    }
    boolean gone = true;
    for (File file : files) {
      gone &= file.delete();
    }
    gone &= path.toFile().delete();
    if (!gone) {
      path.toFile().deleteOnExit();
      files.forEach(File::deleteOnExit);
    }
    Unfinished.remove(path);
  }
}
