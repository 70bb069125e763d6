package dev.lapidary.exporter.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The process's memory in RAM, of Java and of native code, as Linux tells it in {@code /proc}; 0
 * elsewhere.
 *
 * @param bytes resident when the measurement began
 */
record ResidentMemory(long bytes) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  /** Begins a measurement: the peak of before is forgotten. */
  static ResidentMemory now() throws IOException {
    if (Files.isWritable(CLEAR)) {
      Files.writeString(CLEAR, "5");
    }
    return new ResidentMemory(read("VmRSS:"));
  }

  /** By how much the peak since then lies above. */
  long peakGrowth() throws IOException {
    return Math.max(0, read("VmHWM:") - bytes);
  }

  private static long read(String field) throws IOException {
    if (!Files.isWritable(CLEAR)) {
      return 0;
    }
    try (var lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    }
  }
}
