package dev.lapidary.core.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A program of its own for {@link UnfinishedTest}: writes one file after the other, and ends. */
final class WritesUntilKilled {
  private WritesUntilKilled() {}

  public static void main(String[] arguments) throws InterruptedException {
    Path folder = Path.of(arguments[0]);
    for (int i = 0; i < 4; i++) {
      Path file = folder.resolve("file" + i);
      Thread writer = new Thread(() -> write(file));
      writer.setDaemon(true);
      writer.start();
    }
    Thread.sleep(300);
    Unfinished.end();
    Thread.sleep(50); // in which no file appears
    System.exit(0);
  }

  private static void write(Path file) {
    while (true) {
      try {
        // As models are written: into the file that is there, or not at all.
        AtomicFile.write(
            file, temporary -> Files.writeString(temporary, "whole", StandardOpenOption.WRITE));
      } catch (IOException e) {
        System.err.println(e);
      }
    }
  }
}
