package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.runtime.model.InferenceEngine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** One line that says what a number was measured on. */
final class Machine {
  private Machine() {}

  /** Without what runs the network, which is not loaded for it. */
  static String describe() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return Phrase.of(
        "%s, %d cores, load %.1f before; %s %s; Java %s",
        processor(),
        system.getAvailableProcessors(),
        system.getSystemLoadAverage(),
        system.getName(),
        system.getArch(),
        Runtime.version());
  }

  /** The same, with what runs the network. */
  static String describe(String before, InferenceEngine engine, String version) {
    return "%s; %s %s on the CPU".formatted(before, engine.label(), version);
  }

  /** Linux alone tells the model's name in a file. */
  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor";
    }
  }
}
