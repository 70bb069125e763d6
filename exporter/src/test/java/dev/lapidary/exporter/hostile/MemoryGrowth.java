package dev.lapidary.exporter.hostile;

import dev.lapidary.core.cli.ResidentMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The process's memory in RAM, of Java and of native code, as Linux tells it in {@code /proc}; 0
 * elsewhere.
 *
 * @param bytes resident when the measurement began
 */
record MemoryGrowth(long bytes) {
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");
  private static final boolean CLEARS = Files.isWritable(CLEAR);

  /** Begins a measurement: the peak of before is forgotten. */
  static MemoryGrowth now() throws IOException {
    if (CLEARS) {
      Files.writeString(CLEAR, "5");
    }
    return new MemoryGrowth(CLEARS ? ResidentMemory.bytes().orElse(0) : 0);
  }

  /** By how much the peak since then lies above. */
  long peakGrowth() {
    return CLEARS ? Math.max(0, ResidentMemory.peakBytes().orElse(0) - bytes) : 0;
  }
}
