package dev.lapidary.serve.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.batch.BatchStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What refused clients would be told is within a factor of two of what they would have waited, on
 * recordings of servers that were offered four times what they could answer, of small images, on a
 * machine that others used, too: a run of the same two images took from 6 to 380 ms.
 *
 * <p>A line is {@code expect MICROS} of an image, {@code run IMAGES MICROS}, {@code decoded WEIGHT
 * MICROS}, or a refusal, {@code refused IMAGES WEIGHT EXECUTORS MICROS}: what was held and not yet
 * decoded, and how long it took until all that was admitted before was answered.
 */
class RecordedBacklogTest {
  private static final Path RECORDED = Path.of("src/test/resources/dev/lapidary/serve/admission");
  private static final double FACTOR = 2;
  private static final double SHARE = 0.98;

  private final BatchStatistics runs = new BatchStatistics();
  private final AtomicInteger executors = new AtomicInteger(1);
  private final Pace pace = new Pace(2, runs, executors::get);

  @ParameterizedTest
  @ValueSource(strings = {"one-executor", "two-executors"})
  void whatIsToldIsTheWait(String name) throws IOException {
    List<Double> ratios = new ArrayList<>();
    for (String line : Files.readAllLines(RECORDED.resolve(name + ".trace"))) {
      String[] words = line.split(" ");
      int images = Integer.parseInt(words[1]);
      switch (words[0]) {
        case "expect" -> runs.expect(nanos(words[1]));
        case "run" -> runs.ran(images, nanos(words[2]), true);
        case "decoded" -> pace.decoded(images, nanos(words[2]));
        default -> {
          executors.set(Integer.parseInt(words[3]));
          ratios.add(told(images, Long.parseLong(words[2])) / nanos(words[4]));
        }
      }
    }
    long within = ratios.stream().filter(r -> r <= FACTOR && r >= 1 / FACTOR).count();
    assertThat(ratios).hasSizeGreaterThan(100);
    assertThat((double) within / ratios.size()).isGreaterThanOrEqualTo(SHARE);
  }

  private double told(int images, long weight) {
    return pace.backlogNanos(
        new Admission.Backlog(new Admission.Held(images, images, weight, 0, 0), 0));
  }

  private static long nanos(String micros) {
    return TimeUnit.MICROSECONDS.toNanos(Long.parseLong(micros));
  }
}
