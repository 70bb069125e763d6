package dev.lapidary.spark.cli;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.spark.Cluster;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Runs in processes of their own, with their executors, in a folder that holds all of them.
 *
 * @param folder of the runs and of what they say
 * @param data images that they train on
 */
record TrainingProcesses(Path folder, Path data) {

  static TrainingProcesses in(Path folder) throws IOException {
    return new TrainingProcesses(folder, ClassFolder.write(folder.resolve("data"), 20));
  }

  String model(String name) throws IOException {
    return Sha256.of(folder.resolve(name).resolve("model.pt"));
  }

  String log(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".err"));
  }

  /** Of the newest checkpoint. */
  long steps(String name) throws IOException {
    Path checkpoints = folder.resolve(name).resolve("checkpoints");
    if (!Files.isDirectory(checkpoints)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(checkpoints)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.matches("step-\\d+\\.safetensors"))
          .mapToLong(file -> Long.parseLong(file.replaceAll("\\D", "")))
          .max()
          .orElse(0);
    }
  }

  static List<ProcessHandle> executors(Process driver) {
    Predicate<ProcessHandle> java = p -> p.info().command().orElse("").endsWith("java");
    return driver.descendants().filter(java).toList();
  }

  List<String> arguments(String name, int epochs) {
    return List.of(
        "--data=" + data,
        "--arch=resnet20_cifar",
        "--input-size=16",
        "--world-size=4",
        "--batch-size=4",
        "--epochs=" + epochs,
        "--lr=0.02",
        "--threads=1",
        "--device=cpu",
        "--checkpoint-every=1",
        "--out=" + folder.resolve(name));
  }

  Process start(
      String verb, String name, String master, List<String> arguments, List<String> options)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-Dspark.master=" + master,
            "-Dspark.ui.enabled=false",
            "-Dspark.log.level=OFF",
            "-Dspark.driver.host=127.0.0.1",
            "-Dspark.executor.extraClassPath=" + Cluster.classPath(),
            "-Dspark.executor.extraJavaOptions=-XX:+UseSerialGC",
            "-Dspark.executorEnv.ORT_DISABLE_TELEMETRY=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", Cluster.classPath(), SparkMain.class.getName(), verb));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    return builder
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(folder.resolve(name + ".err").toFile())
        .start();
  }
}
