package dev.lapidary.benchmarks;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs in a JVM of their own, with this one's class path. */
public final class ChildJvm {
  /** Options with which {@code bin/trainer} runs. */
  static final List<String> TRAINERS =
      List.of("-XX:+UseSerialGC", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true");

  private ChildJvm() {}

  /** With the options of this JVM. */
  public static ProcessBuilder of(String main, List<String> arguments) {
    return of(ManagementFactory.getRuntimeMXBean().getInputArguments(), main, arguments);
  }

  static ProcessBuilder of(List<String> options, String main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add(main);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    return builder;
  }
}
