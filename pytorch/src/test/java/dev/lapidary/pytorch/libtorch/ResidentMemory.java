package dev.lapidary.pytorch.libtorch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process holds, on Linux. */
final class ResidentMemory {
  private static final long PAGE = 4096;

  private ResidentMemory() {}

  /** In bytes; buffers outside of the heap are freed by the collector. */
  static long afterCollection() throws IOException, InterruptedException {
    System.gc();
    Thread.sleep(500);
    System.gc();
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return PAGE * Long.parseLong(pages[1]);
  }
}
