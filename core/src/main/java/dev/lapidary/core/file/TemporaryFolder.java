package dev.lapidary.core.file;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

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
  public void close() {
    File folder = path.toFile();
    File[] files = Objects.requireNonNullElse(folder.listFiles(), new File[0]); // somebody tidied
    for (File file : files) {
      file.delete();
    }
    if (!folder.delete() && folder.exists()) {
      folder.deleteOnExit();
      for (File file : files) {
        file.deleteOnExit();
      }
    }
    Unfinished.remove(path);
  }
}
