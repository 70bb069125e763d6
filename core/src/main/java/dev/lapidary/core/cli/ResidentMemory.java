package dev.lapidary.core.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Memory of a process in RAM, of Java and of native code, in bytes: Linux's {@code
 * /proc/PID/status}, proc(5). Empty on other systems and for a process that has ended.
 */
public final class ResidentMemory {
  private static final String SELF = "self";

  private ResidentMemory() {}

  /** Of this process, the most so far. */
  public static OptionalLong peakBytes() {
    return read(SELF, "VmHWM:");
  }

  /** The most so far. */
  public static OptionalLong peakBytes(long pid) {
    return read(String.valueOf(pid), "VmHWM:");
  }

  /** Of this process, now. */
  public static OptionalLong bytes() {
    return read(SELF, "VmRSS:");
  }

  /** Now. */
  public static OptionalLong bytes(long pid) {
    return read(String.valueOf(pid), "VmRSS:");
  }

  private static OptionalLong read(String process, String field) {
    try {
      return Files.readAllLines(Path.of("/proc", process, "status")).stream()
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
