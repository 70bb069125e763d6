package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.train.ClusterSpeed;
import dev.lapidary.spark.train.RoundCost;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Executors train as one machine does with the same workers; more of it in TrainingProcessTest. */
@ExtendWith(Cluster.class)
class SparkRunTest {
  @TempDir private Path folder;

  private final StringWriter err = new StringWriter();
  private Path data;

  @BeforeEach
  void images() throws IOException {
    data = ClassFolder.write(folder.resolve("data"), 10);
  }

  private List<String> run(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "run",
                "--data=" + data,
                "--arch=resnet20_cifar",
                "--input-size=16",
                "--world-size=3",
                "--batch-size=4",
                "--epochs=2",
                "--lr=0.02",
                "--seed=5",
                "--threads=1",
                "--device=cpu",
                "--out=" + folder.resolve(out)));
    arguments.addAll(List.of(more));
    return arguments;
  }

  @Test
  void executorsThatAreKilledChangeNothing() throws IOException {
    assertThat(TrainerMain.run(run("here").toArray(String[]::new))).isZero();
    SparkContext context = Cluster.session().sparkContext();
    ExecutorKiller killer = new ExecutorKiller(1, 5, 2);
    context.addSparkListener(killer);
    try {
      assertThat(spark(new PrintWriter(err, true), run("there"))).as(err.toString()).isZero();
    } finally {
      context.removeSparkListener(killer);
    }
    assertThat(killer.killed()).isEqualTo(2);
    for (String file : List.of("model.pt", "model.safetensors", "metrics.jsonl", "run.yaml")) {
      assertThat(folder.resolve("there").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("here").resolve(file));
    }
    assertThat(err.toString())
        .contains("3 workers own up to 8 of the 24 training images each")
        .contains("each executor reads " + data + " and the weights by itself, once");
  }

  @Test
  void stepsOfTheirOwnAreTheSameThereToo() throws IOException {
    assertThat(TrainerMain.run(run("here", "--local-steps=2").toArray(String[]::new))).isZero();
    Cluster.session();
    assertThat(spark(new PrintWriter(err, true), run("there", "--local-steps=2")))
        .as(err.toString())
        .isZero();
    assertThat(folder.resolve("there/model.pt"))
        .hasSameBinaryContentAs(folder.resolve("here/model.pt"));
  }

  /** The driver has looked at the images; executors find another one. */
  @Test
  void executorsThatSeeOtherImagesAreRefusedOnce() throws IOException {
    Cluster.session();
    Path image = data.resolve("red/003.png");
    byte[] other = Files.readAllBytes(data.resolve("blue/003.png"));
    int status = spark(when("each executor reads", () -> Files.write(image, other)), run("run"));
    assertThat(status).as(err.toString()).isEqualTo(3);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0))
        .matches(
            "error: executor \\d+: this process would not compute what the driver does: data is"
                + " [0-9a-f]+….* on the driver and [0-9a-f]+….* here; use machines and files that"
                + " are alike");
  }

  @Test
  void aModelThatExecutorsCannotLoadEndsTheRunOnce() throws IOException {
    Cluster.session();
    Path model = folder.resolve("model.pt");
    assertThat(
            TrainerMain.run(
                "init",
                "--arch=resnet20_cifar",
                "--classes=3",
                "--input-size=16",
                "--out=" + model))
        .isZero();
    List<String> arguments = run("run", "--model=" + model);
    arguments.remove("--arch=resnet20_cifar");
    arguments.remove("--input-size=16");
    int status = spark(when("each executor reads", () -> Files.delete(model)), arguments);
    assertThat(status).as(err.toString()).isEqualTo(2);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0)).matches("error: executor \\d+: .*model.pt.*");
  }

  @Test
  void oneWorkerIsNoMatterForACluster() throws IOException {
    Cluster.session();
    List<String> alone = run("run");
    alone.remove("--world-size=3");
    assertThat(spark(new PrintWriter(err, true), alone)).isEqualTo(2);
    assertThat(folder.resolve("run")).doesNotExist();
    Files.createDirectory(folder.resolve("run"));
    Files.writeString(
        folder.resolve("run/run.yaml"),
        "{data: {train: x}, model: {arch: resnet18}, stages: [{name: all}]}");
    List<String> resume = List.of("resume", folder.resolve("run").toString());
    assertThat(spark(new PrintWriter(err, true), resume)).isEqualTo(2);
    String one =
        "error: spark shares a run among --world-size workers, of which there is 1; give 2 or more,"
            + " or use trainer";
    assertThat(errors()).containsExactly(one, one);
  }

  @Test
  void thePlanSaysWhatARoundCosts() {
    Cluster.session();
    assertThat(plan("--curve"))
        .contains("3 workers own up to 8 of the 24 training images each")
        .containsPattern(
            "stage all: \\d\\.\\d\\d s beyond the workers' own work = \\d\\.\\d\\d s for 3 \\+ 3"
                + " tasks \\+ \\d\\.\\d\\d s for weights out and back \\(1\\.1 MB\\) \\+"
                + " \\d\\.\\d\\d s between workers \\+ \\d\\.\\d\\d s for a job")
        .containsPattern("  memory: about \\d+ MB of the driver's heap of \\d+ MB, 25\\d MB of an")
        .containsPattern("     1000       9 +\\d+\\.\\d\\d")
        .doesNotContain("gradients are averaged at each");
    assertThat(plan("--local-steps=4", "--local-steps-after=0.25"))
        .contains("for weights out and back (2.2 MB)") // with the moments
        .containsPattern(
            "  for the first 0\\.25 of the steps gradients are averaged at each: 0\\.\\d\\d s beyond"
                + " the workers' own work");
  }

  private String plan(String... more) {
    List<String> arguments = run("run", more);
    arguments.set(0, "plan");
    arguments.removeIf(option -> option.startsWith("--out"));
    StringWriter out = new StringWriter();
    int status =
        CommandTree.run(
            new SparkMain(),
            new PrintWriter(out),
            new PrintWriter(err, true),
            arguments.toArray(String[]::new));
    assertThat(status).as(err.toString()).isZero();
    return out.toString();
  }

  @Test
  void memoryThatWouldNotDoIsSaidInThePlan() {
    RoundCost cost = RoundCost.of(100, 346e6, 1.25e9, ClusterSpeed.USUAL);
    assertThat(RoundMemoryNotes.of(cost, 1L << 30, 1L << 29))
        .containsExactly(
            "  memory: about 2235 MB of the driver's heap of 1024 MB, 915 MB of an executor's of"
                + " 512 MB",
            "  warning: the driver would run out of memory; give --driver-memory 2236m",
            "  warning: executors would run out of memory; give --executor-memory 916m");
    assertThat(RoundMemoryNotes.of(cost, 4L << 30, 2L << 30)).hasSize(1);
  }

  private static int spark(PrintWriter err, List<String> arguments) {
    return CommandTree.run(
        new SparkMain(),
        new PrintWriter(new StringWriter()),
        err,
        arguments.toArray(String[]::new));
  }

  private List<String> errors() {
    return err.toString().lines().filter(line -> line.startsWith("error: ")).toList();
  }

  @FunctionalInterface
  private interface Deed {
    void happen() throws IOException;
  }

  /** What happens while that line is said. */
  private PrintWriter when(String line, Deed deed) {
    return new PrintWriter(
        new java.io.FilterWriter(err) {
          private boolean done;

          @Override
          public void write(String text, int from, int length) throws IOException {
            super.write(text, from, length);
            if (!done && err.toString().contains(line)) {
              done = true;
              try {
                deed.happen();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        },
        true);
  }
}
