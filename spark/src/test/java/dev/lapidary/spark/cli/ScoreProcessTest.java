package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in a process of its own, to which things happen: {@code mvn verify -Pproof}. */
@Tag("proof")
class ScoreProcessTest {
  private static final long MINUTES = 5;

  @TempDir private Path folder;

  /** By SIGKILL in its midst: only the hidden folder is left, and the job can be run again. */
  @Test
  void aKilledDriverLeavesNothingVisible() throws Exception {
    Path model = ConvModel.write(folder);
    Path images = TestImages.folder(folder.resolve("images"), 3000, 0);
    Process process = start("local[1]", "", model, images).start();
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    while (!scoring() && process.isAlive() && System.nanoTime() < until) {
      Thread.sleep(20);
    }
    assertThat(scoring()).isTrue();
    process.destroyForcibly();
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    assertThat(visible()).containsExactly("conv.onnx", "images");

    Path err = folder.resolve(".err");
    Process again = start("local[1]", "", model, images).redirectError(err.toFile()).start();
    assertThat(again.waitFor()).isZero();
    assertThat(Files.readString(err)).doesNotContain("Exception", "\tat ");
    assertThat(visible()).containsExactly("conv.onnx", "images", "scores");
  }

  /** A task has written its part, and others have not. */
  private boolean scoring() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(path -> folder.relativize(path).toString())
          .anyMatch(name -> name.matches("\\.scores\\..*/_temporary/0/task_.*/part-.*parquet"));
    } catch (java.io.UncheckedIOException e) {
      return false; // a file went while its folder was read
    }
  }

  /** Their Java has ONNX Runtime, and its library is not where it is told to be. */
  @Test
  void aModelThatExecutorsCannotLoadEndsTheJobOnce() throws Exception {
    Path model = ConvModel.write(folder);
    Path images = TestImages.folder(folder.resolve("images"), 200, 0);
    Path err = folder.resolve("err.txt");
    Process process =
        start("local-cluster[2,1,1024]", "-Donnxruntime.native.path=/nowhere", model, images)
            .redirectError(err.toFile())
            .start();
    int status = process.waitFor();
    List<String> errors =
        Files.readAllLines(err).stream().filter(line -> line.startsWith("error: ")).toList();
    assertThat(errors).as(Files.readString(err)).hasSize(1);
    assertThat(errors.get(0))
        .matches(
            "error: executor \\d: ONNX Runtime has no library that loads on .*/nowhere.*;"
                + " \\S+/scores was not written");
    assertThat(status).isEqualTo(4);
    assertThat(visible()).containsExactly("conv.onnx", "err.txt", "images");
  }

  private ProcessBuilder start(String master, String executorOptions, Path model, Path images) {
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
            "-Dspark.log.level=WARN",
            "-Dspark.driver.host=127.0.0.1",
            "-Dspark.executor.extraClassPath=" + Cluster.classPath(),
            "-Dspark.executor.extraJavaOptions=" + executorOptions,
            "-Dspark.executorEnv.ORT_DISABLE_TELEMETRY=1",
            "-cp",
            Cluster.classPath(),
            SparkMain.class.getName(),
            "score",
            "--model=" + model,
            "--data=" + images,
            "--out=" + folder.resolve("scores")));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    return builder
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD);
  }

  private List<String> visible() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(p -> String.valueOf(p.getFileName()))
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    }
  }
}
