package dev.lapidary.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.ResidentMemory;
import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import dev.lapidary.spark.score.Scorer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What needs many images: {@code mvn verify -Pproof}. */
@Tag("proof")
@ExtendWith(Cluster.class)
class ScoringAtScaleTest {
  private static final int IMAGES = 20_000;
  private static final int FEW = 2_000;
  private static final int BROKEN_EVERY = 100;
  private static final int DIFFERENT = 300;
  private static final int SIDE = 90;
  private static final int ROUNDS = 3;
  private static final int WARM = 2;
  private static final int ROUND_IMAGES = 12_288;

  @TempDir private Path folder;

  @Test
  void eachErrorIsInItsRowAndMemoryStays() throws IOException {
    SparkSession session = Cluster.session();
    Scorer scorer = Scorer.of(session, ConvModel.write(folder).toString());
    ImageTable few = images("few", FEW);
    ImageTable many = images("many", IMAGES);
    assertThat(scored(scorer, few).filter("prediction.error IS NULL").count())
        .isEqualTo(FEW - FEW / BROKEN_EVERY);
    Map<Long, Long> before = executors();

    List<Row> errors =
        scored(scorer, many)
            .filter(functions.col("prediction.error").isNotNull())
            .select("path", "prediction.error", "prediction.logits")
            .collectAsList();
    assertThat(errors).hasSize(IMAGES / BROKEN_EVERY);
    for (Row row : errors) {
      assertThat(TestImages.isBroken(index(row.getString(0)), BROKEN_EVERY)).isTrue();
      assertThat(row.getString(1)).isNotBlank();
      assertThat(row.isNullAt(2)).isTrue();
    }
    Map<Long, Long> after = executors();
    assertThat(after.keySet()).isEqualTo(before.keySet()).hasSize(2);
    after.forEach(
        (pid, bytes) -> {
          report(
              "executor %d: %d MB after %d images, %d MB after %d more (%+.1f %%)",
              pid,
              before.get(pid) >> 20,
              FEW,
              bytes >> 20,
              IMAGES,
              100.0 * bytes / before.get(pid) - 100);
          assertThat(bytes).isLessThan((long) (1.05 * before.get(pid)));
        });
  }

  /**
   * Prints a ratio; a duration is never asserted. Until all is compiled, rounds are not counted.
   */
  @Test
  void executorsAreAsFastAsProcessesOfTheirOwn() throws Exception {
    SparkSession session = Cluster.session();
    Path model = ConvModel.writeUsual(folder);
    Scorer scorer = Scorer.of(session, model.toString());
    Path files = write("images", ROUND_IMAGES);
    ImageTable images = ImageTable.files(session, files.toString(), Optional.empty());
    try (IndependentScoring.Processes processes =
        IndependentScoring.Processes.start(2, model, files, Scorer.DEFAULT_BATCH_SIZE)) {
      List<Double> ratios = new ArrayList<>();
      for (int round = 1 - WARM; round <= ROUNDS; round++) {
        double before = processorSeconds();
        long began = System.nanoTime();
        scored(scorer, images).write().format("noop").mode("overwrite").save();
        long spark = System.nanoTime() - began;
        double between = processorSeconds();
        long own = processes.round();
        ratios.add((double) own / spark);
        report(
            "round %d: %.0f images/s on 2 executors, %.0f in 2 processes, ratio %.3f;"
                + " processors %.2f s with the driver, %.2f s",
            round,
            ROUND_IMAGES * 1e9 / spark,
            ROUND_IMAGES * 1e9 / own,
            (double) own / spark,
            between - before,
            processorSeconds() - between);
      }
      List<Double> counted = ratios.subList(WARM, ratios.size());
      report(
          "median ratio of %d rounds: %.3f",
          ROUNDS, counted.stream().sorted().toList().get(ROUNDS / 2));
      assertThat(processes.images()).isEqualTo((long) ROUND_IMAGES * (WARM + ROUNDS));
    }
  }

  /** Of this process and all that it has started, which take turns. */
  private static double processorSeconds() {
    return Stream.concat(Stream.of(ProcessHandle.current()), ProcessHandle.current().descendants())
            .flatMap(process -> process.info().totalCpuDuration().stream())
            .mapToDouble(Duration::toNanos)
            .sum()
        / 1e9;
  }

  private static Dataset<Row> scored(Scorer scorer, ImageTable images) {
    return scorer.score(images.rows(), images.column(), "prediction", 0, 0);
  }

  private ImageTable images(String name, int count) throws IOException {
    return ImageTable.files(Cluster.session(), write(name, count).toString(), Optional.empty());
  }

  private Path write(String name, int count) throws IOException {
    List<byte[]> different = new ArrayList<>();
    for (int i = 0; i < DIFFERENT; i++) {
      different.add(
          TestImages.isBroken(i, BROKEN_EVERY) ? TestImages.broken(i) : TestImages.png(i, SIDE));
    }
    Path root = folder.resolve(name);
    for (int i = 0; i < count; i++) {
      Path file = root.resolve("part" + i % 10).resolve("image-%05d.png".formatted(i));
      Files.createDirectories(file.getParent());
      Files.write(file, different.get(i % DIFFERENT));
    }
    return root;
  }

  private static int index(String path) {
    return Integer.parseInt(path.replaceAll(".*image-(\\d+)\\.png", "$1"));
  }

  /** Resident bytes by process. */
  private static Map<Long, Long> executors() {
    Map<Long, Long> bytes = new TreeMap<>();
    ProcessHandle.current()
        .descendants()
        .map(ProcessHandle::pid)
        .filter(ScoringAtScaleTest::isExecutor)
        .forEach(pid -> bytes.put(pid, ResidentMemory.bytes(pid).orElseThrow()));
    return bytes;
  }

  private static boolean isExecutor(long pid) {
    try {
      return Files.readString(Path.of("/proc", "" + pid, "cmdline"))
          .contains("CoarseGrainedExecutorBackend");
    } catch (IOException e) {
      return false; // ended meanwhile
    }
  }

  private static void report(String format, Object... arguments) {
    PrintStream out = System.out;
    out.println(String.format(Locale.ROOT, format, arguments));
  }
}
