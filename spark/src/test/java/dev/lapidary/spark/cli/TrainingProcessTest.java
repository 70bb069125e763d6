package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.file.Sha256;
import dev.lapidary.spark.Cluster;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training in processes of its own, to which things happen: {@code mvn verify -Pproof}, with {@code
 * -Dlapidary.kills=100} for as many killed executors.
 */
@Tag("proof")
class TrainingProcessTest {
  private static final int KILLS = Integer.getInteger("lapidary.kills", 10);
  private static final long HOURS = 2;

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void images() throws IOException {
    data = ClassFolder.write(folder.resolve("data"), 20);
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
  void killedExecutorsChangeNothing() throws Exception {
    Process calm = start("run", "calm", "local[1]", arguments("calm", 40), List.of());
    assertThat(calm.waitFor()).isZero();
    Random random = new Random(7);
    Process process =
        start(
            "run",
            "killed",
            "local-cluster[2,1,2048]",
            arguments("killed", 40),
            List.of("-Dspark.deploy.maxExecutorRetries=-1", "-Dspark.task.maxFailures=100"));
    int killed = 0;
    long until = System.nanoTime() + TimeUnit.HOURS.toNanos(HOURS);
    while (process.isAlive() && killed < KILLS && System.nanoTime() < until) {
      Thread.sleep(1000 + random.nextInt(4000));
      List<ProcessHandle> executors = executors(process);
      if (steps("killed") > 0 && !executors.isEmpty()) {
        executors.get(random.nextInt(executors.size())).destroyForcibly();
        killed++;
      }
    }
    assertThat(process.waitFor()).as(log("killed")).isZero();
    System.out.printf("%d executors killed%n", killed);
    assertThat(killed).isPositive();
    assertThat(model("killed")).isEqualTo(model("calm"));
  }

  @Test
  void aKilledDriversRunGoesOn() throws Exception {
    String whole = finished("whole", "local[1]");
    Process process =
        start("run", "lost", "local-cluster[2,1,2048]", arguments("lost", 3), List.of());
    long until = System.nanoTime() + TimeUnit.HOURS.toNanos(HOURS);
    while (steps("lost") < 5 && process.isAlive() && System.nanoTime() < until) {
      Thread.sleep(20);
    }
    List<ProcessHandle> executors = executors(process);
    process.destroyForcibly();
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    executors.forEach(ProcessHandle::destroyForcibly); // they would notice, after a while
    assertThat(folder.resolve("lost/model.pt")).doesNotExist();
    Process again =
        start(
            "resume",
            "lost",
            "local-cluster[2,1,2048]",
            List.of(folder.resolve("lost").toString()),
            List.of());
    assertThat(again.waitFor()).as(log("lost")).isZero();
    assertThat(log("lost")).contains("going on after step ");
    assertThat(model("lost")).isEqualTo(whole);
  }

  private String finished(String name, String master, String... options) throws Exception {
    Process process = start("run", name, master, arguments(name, 3), List.of(options));
    assertThat(process.waitFor()).as(log(name)).isZero();
    return model(name);
  }

  private String model(String name) throws IOException {
    return Sha256.of(folder.resolve(name).resolve("model.pt"));
  }

  private String log(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".err"));
  }

  /** Of the newest checkpoint. */
  private long steps(String name) throws IOException {
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

  private static List<ProcessHandle> executors(Process driver) {
    Predicate<ProcessHandle> java = p -> p.info().command().orElse("").endsWith("java");
    return driver.descendants().filter(java).toList();
  }

  private List<String> arguments(String name, int epochs) {
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

  private Process start(
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
