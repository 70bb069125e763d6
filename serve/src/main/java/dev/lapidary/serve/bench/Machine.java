package dev.lapidary.serve.bench;

import dev.lapidary.runtime.session.OnnxRuntime;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** One line that says what a number was measured on. */
final class Machine {
  private Machine() {}

  static String describe() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return String.format(
        Locale.ROOT,
        "%s, %d cores, load %.1f before; %s %s; Java %s; ONNX Runtime %s on the CPU",
        processor(),
        system.getAvailableProcessors(),
        system.getSystemLoadAverage(),
        system.getName(),
        system.getArch(),
        Runtime.version(),
        OnnxRuntime.version());
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
