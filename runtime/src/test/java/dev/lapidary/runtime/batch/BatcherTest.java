package dev.lapidary.runtime.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {
  private static final Deadline FAR = Deadline.after(Duration.ofHours(1));

  private final ExecutorService answers = AnswerThreads.start();

  @AfterEach
  void shutDown() {
    answers.shutdown();
  }

  /** Of a network of one number an image. */
  private Batcher batcher(BatchFunction function, BatchPolicy policy) {
    TensorSpec input = new TensorSpec("input", DataType.FP32, List.of(-1L, 1L));
    TensorSpec output = new TensorSpec("logits", DataType.FP32, List.of(-1L, -1L));
    return new Batcher(List.of(new FloatNetwork(function, input, output)), policy, answers);
  }

  private static CompletableFuture<Outcome> submit(Batcher batcher, float number) {
    return submit(batcher, number, 1, FAR);
  }

  private static CompletableFuture<Outcome> submit(
      Batcher batcher, float number, int priority, Deadline deadline) {
    TypedTensor image = FloatNetwork.floats("input", List.of(1L, 1L), new float[] {number});
    return batcher.submit(List.of(image), Set.of("logits"), deadline, priority);
  }

  private static float[] logits(Outcome outcome) {
    return FloatNetwork.values((TypedTensor.Numbers) ((Outcome.Ran) outcome).outputs().get(0));
  }

  /** Logits are the input twice over: [x, -x]. */
  private static float[] mirror(FloatBuffer inputs, int count) {
    float[] logits = new float[2 * count];
    for (int i = 0; i < count; i++) {
      logits[2 * i] = inputs.get(i);
      logits[2 * i + 1] = -inputs.get(i);
    }
    return logits;
  }

  /** Holds the first batch until it is let go, so that others queue behind it. */
  private static final class Gate {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    BatchFunction before(BatchFunction function) {
      return (inputs, count) -> {
        entered.countDown();
        open.await();
        return function.run(inputs, count);
      };
    }
  }

  @Test
  void answersEachImageWithItsOwnLogitsUnderConcurrency() throws Exception {
    int threads = 8;
    int each = 500;
    AtomicInteger largest = new AtomicInteger();
    BatchFunction function =
        (inputs, count) -> {
          largest.accumulateAndGet(count, Math::max);
          assertThat(inputs.remaining()).isEqualTo(count);
          return mirror(inputs, count);
        };
    try (Batcher batcher = batcher(function, BatchPolicy.greedy(16))) {
      List<Thread> all = new ArrayList<>();
      List<Throwable> errors = java.util.Collections.synchronizedList(new ArrayList<>());
      for (int t = 0; t < threads; t++) {
        int base = 1 + t * each; // not 0, whose negative is another float
        Thread thread =
            new Thread(
                () -> {
                  List<CompletableFuture<Outcome>> answers = new ArrayList<>();
                  for (int i = 0; i < each; i++) {
                    answers.add(submit(batcher, base + i));
                  }
                  for (int i = 0; i < each; i++) {
                    assertThat(logits(answers.get(i).join()))
                        .containsExactly(base + i, -(base + i));
                  }
                });
        thread.setUncaughtExceptionHandler((where, error) -> errors.add(error));
        thread.start();
        all.add(thread);
      }
      for (Thread thread : all) {
        thread.join();
      }
      assertThat(errors).isEmpty();
      assertThat(batcher.depth()).isZero();
      BatchStatistics.Snapshot counts = batcher.statistics().snapshot();
      assertThat(counts.images()).isEqualTo(threads * each);
      assertThat(counts.queue().count()).isEqualTo(threads * each);
      assertThat(largest.get()).isBetween(1, 16);
      assertThat(counts.runsBySize().values().stream().mapToLong(t -> t.count()).sum())
          .isEqualTo(counts.batches());
    }
  }

  @Test
  void theHighestPriorityLeavesTheQueueFirst() throws Exception {
    Gate gate = new Gate();
    List<List<Float>> runs = java.util.Collections.synchronizedList(new ArrayList<>());
    BatchFunction function =
        gate.before(
            (inputs, count) -> {
              List<Float> run = new ArrayList<>();
              for (int i = 0; i < count; i++) {
                run.add(inputs.get(i));
              }
              runs.add(run);
              return mirror(inputs, count);
            });
    AtomicInteger number = new AtomicInteger();
    try (Batcher batcher = batcher(function, BatchPolicy.greedy(2))) {
      List<CompletableFuture<Outcome>> all = new ArrayList<>();
      all.add(submit(batcher, number.getAndIncrement(), 3, FAR));
      gate.entered.await();
      for (int priority : new int[] {3, 3, 1, 2, 64, 1, 1}) {
        all.add(submit(batcher, number.getAndIncrement(), priority, FAR));
      }
      all.add(submit(batcher, 8, 3, new Deadline(System.nanoTime())));
      assertThat(batcher.depth()).isEqualTo(8);
      assertThat(batcher.depth(1)).isEqualTo(3);
      assertThat(batcher.depth(2)).isEqualTo(4);
      assertThat(batcher.depth(3)).isEqualTo(7);
      gate.open.countDown();
      Outcome late = all.remove(8).join();
      assertThat(late).isInstanceOf(Outcome.Late.class);
      for (CompletableFuture<Outcome> each : all) {
        assertThat(each.join()).isInstanceOf(Outcome.Ran.class);
      }
      // Each first come, first served; a batch is filled from the next; what is late is left out.
      assertThat(runs)
          .containsExactly(
              List.of(0f), List.of(3f, 6f), List.of(7f, 4f), List.of(1f, 2f), List.of(5f));
      assertThat(batcher.depth(64)).isZero();
      assertThatThrownBy(() -> submit(batcher, 1, 0, FAR))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a priority is 1..64 but this one is 0");
    }
  }

  @Test
  void takesWhatHasQueuedWhileItRan() throws Exception {
    Gate gate = new Gate();
    try (Batcher batcher = batcher(gate.before(BatcherTest::mirror), BatchPolicy.greedy(4))) {
      CompletableFuture<Outcome> first = submit(batcher, 0);
      gate.entered.await();
      List<CompletableFuture<Outcome>> rest = new ArrayList<>();
      for (int i = 1; i <= 6; i++) {
        rest.add(submit(batcher, i));
      }
      assertThat(batcher.depth()).isEqualTo(6);
      gate.open.countDown();
      assertThat(size(first)).isEqualTo(1);
      assertThat(rest.stream().map(BatcherTest::size)).containsExactly(4, 4, 4, 4, 2, 2);
    }
  }

  private static int size(CompletableFuture<Outcome> answer) {
    return ((Outcome.Ran) answer.join()).batchSize();
  }

  @Test
  void answersAllButTheImageThatTheNetworkFailsOn() throws Exception {
    Gate gate = new Gate();
    BatchFunction function =
        (inputs, count) -> {
          for (int i = 0; i < count; i++) {
            if (inputs.get(i) == 5) {
              throw new IllegalStateException("5 is not liked\nsecond line");
            }
          }
          return mirror(inputs, count);
        };
    try (Batcher batcher = batcher(gate.before(function), BatchPolicy.greedy(32))) {
      CompletableFuture<Outcome> first = submit(batcher, 0);
      gate.entered.await();
      List<CompletableFuture<Outcome>> rest = new ArrayList<>();
      for (int i = 1; i <= 11; i++) {
        rest.add(submit(batcher, i));
      }
      gate.open.countDown();
      assertThat(size(first)).isEqualTo(1);
      for (int i = 1; i <= 11; i++) {
        Outcome outcome = rest.get(i - 1).join();
        if (i == 5) {
          assertThat(outcome).isEqualTo(new Outcome.Failed("5 is not liked"));
        } else {
          assertThat(logits(outcome)).containsExactly(i, -i);
        }
      }
      assertThat(batcher.statistics().snapshot().failed()).isEqualTo(1);
    }
  }

  @Test
  void outlivesAnError() {
    AtomicInteger calls = new AtomicInteger();
    BatchFunction function =
        (inputs, count) -> {
          if (calls.getAndIncrement() == 0) {
            throw new OutOfMemoryError("of the test");
          }
          return mirror(inputs, count);
        };
    try (Batcher batcher = batcher(function, BatchPolicy.greedy(4))) {
      assertThat(submit(batcher, 1).join()).isEqualTo(new Outcome.Failed("of the test"));
      assertThat(submit(batcher, 2).join()).isInstanceOf(Outcome.Ran.class);
    }
  }

  @Test
  void failsAnOutputThatIsNotWhole() {
    try (Batcher batcher = batcher((inputs, count) -> new float[0], BatchPolicy.greedy(4))) {
      assertThat(submit(batcher, 1).join())
          .isEqualTo(new Outcome.Failed("the network gave 0 logits for 1 images"));
    }
  }

  @Test
  void neverRunsAnImageWhoseDeadlineHasPassed() throws Exception {
    Gate gate = new Gate();
    AtomicInteger ran = new AtomicInteger();
    BatchFunction function =
        (inputs, count) -> {
          ran.addAndGet(count);
          return mirror(inputs, count);
        };
    try (Batcher batcher = batcher(gate.before(function), BatchPolicy.greedy(4))) {
      CompletableFuture<Outcome> first = submit(batcher, 0);
      gate.entered.await();
      CompletableFuture<Outcome> late = submit(batcher, 1, 1, new Deadline(System.nanoTime()));
      CompletableFuture<Outcome> unwanted = submit(batcher, 2);
      unwanted.cancel(false);
      CompletableFuture<Outcome> last = submit(batcher, 3);
      gate.open.countDown();
      assertThat(late.join()).isEqualTo(new Outcome.Late());
      assertThat(size(first)).isEqualTo(1);
      assertThat(size(last)).isEqualTo(1);
      assertThat(ran.get()).isEqualTo(2);
      BatchStatistics.Snapshot counts = batcher.statistics().snapshot();
      assertThat(counts.late()).isEqualTo(1);
      assertThat(counts.cancelled()).isEqualTo(1);
    }
  }

  @Test
  void waitsForABatchToFillWhereToldTo() {
    BatchPolicy policy = new BatchPolicy(3, Duration.ofMinutes(10));
    try (Batcher batcher = batcher(BatcherTest::mirror, policy)) {
      List<CompletableFuture<Outcome>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        answers.add(submit(batcher, i));
      }
      assertThat(answers.stream().map(BatcherTest::size)).containsExactly(3, 3, 3);
    }
  }

  @Test
  void answersWhatItHasBeforeItCloses() throws Exception {
    Gate gate = new Gate();
    Batcher batcher = batcher(gate.before(BatcherTest::mirror), BatchPolicy.greedy(2));
    List<CompletableFuture<Outcome>> answers = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      answers.add(submit(batcher, i));
    }
    gate.entered.await();
    Thread closer = new Thread(batcher::close);
    closer.start();
    gate.open.countDown();
    closer.join();
    assertThat(answers).allMatch(a -> a.isDone() && a.join() instanceof Outcome.Ran);
    assertThatThrownBy(() -> submit(batcher, 1)).hasMessage("the batcher is closed");
  }
}
