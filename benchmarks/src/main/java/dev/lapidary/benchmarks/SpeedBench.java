package dev.lapidary.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code bin/benchmark speed MODEL.onnx [PYTHON]}: all that the documentation tells of speed beside
 * something else, as one table: memory formats, threads that wait, starts; and by a Python with
 * PyTorch, torchvision and onnxscript, training and export beside PyTorch's. A quarter of an hour.
 */
final class SpeedBench {
  private SpeedBench() {}

  public static void main(String[] arguments) throws Exception {
    Usage.require(arguments.length >= 1, "speed MODEL.onnx [PYTHON]");
    System.out.println(ComparisonRow.HEAD);
    MemoryFormatBench.main(new String[] {"resnet18", "mobilenet_v2", "resnet20_cifar"});
    Path home = Path.of(System.getProperty("lapidary.home", "."));
    String data = home.resolve("quickstart/data/train").toString();
    ThreadsWaitBench.main(new String[] {data, "resnet20_cifar", "3"});
    StartBench.main(new String[] {arguments[0]});
    if (arguments.length > 1) {
      rows(
          arguments[1],
          home.resolve("benchmarks/training/speed.py").toString(),
          "--trainer=" + home.resolve("bin/trainer"),
          "resnet18");
      rows(
          arguments[1],
          home.resolve("benchmarks/export/compare.py").toString(),
          "--exporter=" + home.resolve("bin/exporter"),
          "resnet50");
    }
  }

  private static void rows(String python, String... command)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(python));
    words.addAll(List.of(command));
    words.add("--rows");
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader said = process.inputReader()) {
      said.lines().forEach(System.out::println);
    }
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", words) + " failed");
    }
  }
}
