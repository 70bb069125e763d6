package dev.lapidary.exporter.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** How long each step of a command took, and the memory's peak: for people, never in a file. */
final class Timings {
  private final Map<String, Double> millis = new LinkedHashMap<>();
  private long last = System.nanoTime();

  /** Ends a step. */
  void step(String name) {
    long now = System.nanoTime();
    millis.put(name, (now - last) / 1e6);
    last = now;
  }

  /** By step, then since the JVM's start, and the peak resident size where the system tells. */
  String report() {
    StringBuilder text = new StringBuilder();
    millis.forEach(
        (name, time) -> text.append(String.format(Locale.ROOT, "%-12s %8.0f ms%n", name, time)));
    long sinceStart = ManagementFactory.getRuntimeMXBean().getUptime();
    text.append(String.format(Locale.ROOT, "%-12s %8d ms%n", "since start", sinceStart));
    peakResidentKib()
        .ifPresent(
            kib ->
                text.append(
                    String.format(Locale.ROOT, "%-12s %8.0f MB%n", "peak memory", kib / 1024.0)));
    return text.toString();
  }

  /** Linux's {@code VmHWM}. */
  private static OptionalLong peakResidentKib() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst();
    } catch (java.io.IOException e) {
      return OptionalLong.empty();
    }
  }
}
