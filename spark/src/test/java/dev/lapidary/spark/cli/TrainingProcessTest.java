package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.jni.LibUtils;
import dev.lapidary.trainer.program.Libtorch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training in processes of its own, to which things happen: {@code mvn verify -Pproof}. */
@Tag("proof")
class TrainingProcessTest {
  private static final long HOURS = 2;

  @TempDir private Path folder;
  private TrainingProcesses processes;

  @BeforeEach
  void images() throws IOException {
    processes = TrainingProcesses.in(folder);
  }

  @Test
  void theBytesAreAFunctionOfTheWorkersAlone() throws Exception {
    String one = finished("local1", "local[1]");
    assertThat(finished("one", "local-cluster[1,1,2048]")).isEqualTo(one);
    assertThat(finished("two", "local-cluster[2,1,2048]")).isEqualTo(one);
    assertThat(
            finished(
                "speculation",
                "local-cluster[2,1,2048]",
                "-Dspark.speculation=true",
                "-Dspark.speculation.interval=10ms",
                "-Dspark.speculation.multiplier=1.01",
                "-Dspark.speculation.quantile=0.1",
                "-Dspark.speculation.minTaskRuntime=0ms"))
        .isEqualTo(one);
  }

  @Test
  void aKilledDriversRunGoesOn() throws Exception {
    String whole = finished("whole", "local[1]");
    Process process =
        processes.start(
            "run", "lost", "local-cluster[2,1,2048]", processes.arguments("lost", 3), List.of());
    long until = System.nanoTime() + TimeUnit.HOURS.toNanos(HOURS);
    while (processes.steps("lost") < 5 && process.isAlive() && System.nanoTime() < until) {
      Thread.sleep(20);
    }
    List<ProcessHandle> executors = TrainingProcesses.executors(process);
    process.destroyForcibly();
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    executors.forEach(ProcessHandle::destroyForcibly); // they would notice, after a while
    assertThat(folder.resolve("lost/model.pt")).doesNotExist();
    Process again =
        processes.start(
            "resume",
            "lost",
            "local-cluster[2,1,2048]",
            List.of(folder.resolve("lost").toString()),
            List.of());
    assertThat(again.waitFor()).as(processes.log("lost")).isZero();
    assertThat(processes.log("lost")).contains("going on after step ");
    assertThat(processes.model("lost")).isEqualTo(whole);
  }

  /** As where another machine joins: libtorch takes other kernels, so its last bits are others. */
  @Test
  void anExecutorOfAnotherKindIsRefusedOnceWithTheDifference() throws Exception {
    Process process =
        processes.start(
            "run",
            "other",
            "local-cluster[2,1,2048]",
            processes.arguments("other", 3),
            List.of("-Dspark.executorEnv.ATEN_CPU_CAPABILITY=default"));
    assertThat(process.waitFor()).as(processes.log("other")).isEqualTo(3);
    List<String> errors =
        processes.log("other").lines().filter(line -> line.startsWith("error: ")).toList();
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0))
        .matches(
            "error: executor \\d: this process would not compute what the driver does: cpu is .* on"
                + " the driver and .* ATEN_CPU_CAPABILITY=default here; use machines and files that"
                + " are alike");
    assertThat(folder.resolve("other/model.pt")).doesNotExist();
  }

  /**
   * As where a machine has another libtorch in its cache: the same library under the name of a
   * later one.
   */
  @Test
  void anExecutorWithAnotherLibtorchIsRefusedOnceWithTheDifference() throws Exception {
    String version = Libtorch.call(1, Libtorch::version);
    Path usual = Path.of(LibUtils.getLibtorchPath());
    Path cache = folder.resolve("cache");
    Path other =
        cache
            .resolve("pytorch")
            .resolve(String.valueOf(usual.getFileName()).replaceFirst("^.*-cpu-", "2.7.9-cpu-"));
    Files.createDirectories(other);
    try (Stream<Path> files = Files.list(usual)) {
      for (Path file : files.toList()) {
        Files.createSymbolicLink(other.resolve(file.getFileName()), file);
      }
    }
    Process process =
        processes.start(
            "run",
            "libtorch",
            "local-cluster[2,1,2048]",
            processes.arguments("libtorch", 3),
            List.of(
                "-Dspark.executorEnv.PYTORCH_VERSION=2.7.9",
                "-Dspark.executorEnv.PYTORCH_FLAVOR=cpu",
                "-Dspark.executorEnv.ENGINE_CACHE_DIR=" + cache));
    assertThat(process.waitFor()).as(processes.log("libtorch")).isEqualTo(3);
    assertThat(processes.log("libtorch").lines().filter(line -> line.startsWith("error: ")))
        .singleElement()
        .asString()
        .matches(
            "error: executor \\d: this process would not compute what the driver does: libtorch is "
                + Pattern.quote(version)
                + " on the driver and libtorch 2\\.7\\.9 here; use machines and files that are alike");
    assertThat(folder.resolve("libtorch/model.pt")).doesNotExist();
  }

  private String finished(String name, String master, String... options) throws Exception {
    Process process =
        processes.start("run", name, master, processes.arguments(name, 3), List.of(options));
    assertThat(process.waitFor()).as(processes.log(name)).isZero();
    return processes.model(name);
  }
}
