package dev.lapidary.exporter.cli;

import dev.lapidary.core.cli.ResidentMemory;
import dev.lapidary.core.cli.TextTable;
import dev.lapidary.core.failure.Phrase;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** How long each step of a command took, and the memory's peak: for people, never in a file. */
final class Timings {
  private record Step(double millis, double cpuMillis, OptionalLong peakBytes) {}

  private static long main = System.nanoTime();

  private final Map<String, Step> steps = new LinkedHashMap<>();
  private long last = System.nanoTime();
  private long lastCpu = cpuNanos();

  /** Called first of all by the program. */
  static void beginMain() {
    main = System.nanoTime();
  }

  /** Ends a step. */
  void step(String name) {
    long now = System.nanoTime();
    long cpu = cpuNanos();
    steps.put(
        name, new Step((now - last) / 1e6, (cpu - lastCpu) / 1e6, ResidentMemory.peakBytes()));
    last = now;
    lastCpu = cpu;
  }

  /**
   * By step its time, the processors' and, where the system tells, the peak resident size so far.
   */
  String report() {
    TextTable table =
        new TextTable()
            .texts("")
            .numbers("%.0f ms", "")
            .numbers("%.0f ms of processors", "")
            .texts("");
    steps.forEach(
        (name, step) ->
            table.row(
                name,
                step.millis(),
                step.cpuMillis(),
                step.peakBytes().isPresent()
                    ? Phrase.of("peak %d MiB", step.peakBytes().getAsLong() >> 20)
                    : ""));
    double sinceStart = ManagementFactory.getRuntimeMXBean().getUptime();
    return table
        .row("since main", (System.nanoTime() - main) / 1e6, "", "")
        .row("since start", sinceStart, "", "")
        .toString();
  }

  /** Of all threads; 0 where the system does not tell. */
  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }
}
