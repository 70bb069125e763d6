package dev.lapidary.runtime.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {
  private static final Deadline FAR = Deadline.after(Duration.ofHours(1));

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
    try (Batcher batcher = new Batcher(function, 1, BatchPolicy.greedy(16))) {
      List<Thread> all = new ArrayList<>();
      List<Throwable> errors = java.util.Collections.synchronizedList(new ArrayList<>());
      for (int t = 0; t < threads; t++) {
        int base = 1 + t * each; // not 0, whose negative is another float
        Thread thread =
            new Thread(
                () -> {
                  List<CompletableFuture<Outcome>> answers = new ArrayList<>();
                  for (int i = 0; i < each; i++) {
                    answers.add(batcher.submit(new float[] {base + i}, FAR));
                  }
                  for (int i = 0; i < each; i++) {
                    Outcome.Classified own = (Outcome.Classified) answers.get(i).join();
                    assertThat(own.logits()).containsExactly(base + i, -(base + i));
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
    java.util.concurrent.ExecutorService answers = AnswerThreads.start();
    try (Batcher batcher =
        new Batcher(List.of(FloatNetwork.of(function, 1)), BatchPolicy.greedy(2), answers)) {
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
    } finally {
      answers.shutdown();
    }
  }

  private static CompletableFuture<Outcome> submit(
      Batcher batcher, int number, int priority, Deadline deadline) {
    return batcher.submit(
        List.of(FloatNetwork.row(new float[] {number})),
        java.util.Set.of(FloatNetwork.OUTPUT),
        deadline,
        priority);
  }

  @Test
  void takesWhatHasQueuedWhileItRan() throws Exception {
    Gate gate = new Gate();
    try (Batcher batcher =
        new Batcher(gate.before(BatcherTest::mirror), 1, BatchPolicy.greedy(4))) {
      CompletableFuture<Outcome> first = batcher.submit(new float[] {0}, FAR);
      gate.entered.await();
      List<CompletableFuture<Outcome>> rest = new ArrayList<>();
      for (int i = 1; i <= 6; i++) {
        rest.add(batcher.submit(new float[] {i}, FAR));
      }
      assertThat(batcher.depth()).isEqualTo(6);
      gate.open.countDown();
      assertThat(size(first)).isEqualTo(1);
      assertThat(rest.stream().map(BatcherTest::size)).containsExactly(4, 4, 4, 4, 2, 2);
    }
  }

  private static int size(CompletableFuture<Outcome> answer) {
    return ((Outcome.Classified) answer.join()).batchSize();
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
    try (Batcher batcher = new Batcher(gate.before(function), 1, BatchPolicy.greedy(32))) {
      CompletableFuture<Outcome> first = batcher.submit(new float[] {0}, FAR);
      gate.entered.await();
      List<CompletableFuture<Outcome>> rest = new ArrayList<>();
      for (int i = 1; i <= 11; i++) {
        rest.add(batcher.submit(new float[] {i}, FAR));
      }
      gate.open.countDown();
      assertThat(size(first)).isEqualTo(1);
      for (int i = 1; i <= 11; i++) {
        Outcome outcome = rest.get(i - 1).join();
        if (i == 5) {
          assertThat(outcome).isEqualTo(new Outcome.Failed("5 is not liked"));
        } else {
          assertThat(((Outcome.Classified) outcome).logits()).containsExactly(i, -i);
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
    try (Batcher batcher = new Batcher(function, 1, BatchPolicy.greedy(4))) {
      assertThat(batcher.submit(new float[] {1}, FAR).join())
          .isEqualTo(new Outcome.Failed("of the test"));
      assertThat(batcher.submit(new float[] {2}, FAR).join())
          .isInstanceOf(Outcome.Classified.class);
    }
  }

  @Test
  void failsAnOutputThatIsNotWhole() {
    try (Batcher batcher = new Batcher((inputs, count) -> new float[0], 1, BatchPolicy.greedy(4))) {
      assertThat(batcher.submit(new float[] {1}, FAR).join())
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
    try (Batcher batcher = new Batcher(gate.before(function), 1, BatchPolicy.greedy(4))) {
      CompletableFuture<Outcome> first = batcher.submit(new float[] {0}, FAR);
      gate.entered.await();
      CompletableFuture<Outcome> late =
          batcher.submit(new float[] {1}, new Deadline(System.nanoTime()));
      CompletableFuture<Outcome> unwanted = batcher.submit(new float[] {2}, FAR);
      unwanted.cancel(false);
      CompletableFuture<Outcome> last = batcher.submit(new float[] {3}, FAR);
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
    try (Batcher batcher = new Batcher(BatcherTest::mirror, 1, policy)) {
      List<CompletableFuture<Outcome>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        answers.add(batcher.submit(new float[] {i}, FAR));
      }
      assertThat(answers.stream().map(BatcherTest::size)).containsExactly(3, 3, 3);
    }
  }

  @Test
  void answersWhatItHasBeforeItCloses() throws Exception {
    Gate gate = new Gate();
    Batcher batcher = new Batcher(gate.before(BatcherTest::mirror), 1, BatchPolicy.greedy(2));
    List<CompletableFuture<Outcome>> answers = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      answers.add(batcher.submit(new float[] {i}, FAR));
    }
    gate.entered.await();
    Thread closer = new Thread(batcher::close);
    closer.start();
    gate.open.countDown();
    closer.join();
    assertThat(answers).allMatch(a -> a.isDone() && a.join() instanceof Outcome.Classified);
    assertThatThrownBy(() -> batcher.submit(new float[] {1}, FAR))
        .hasMessage("the batcher is closed");
  }

  @Test
  void refusesAnInputOfAnotherLength() {
    try (Batcher batcher = new Batcher(BatcherTest::mirror, 1, BatchPolicy.greedy(2))) {
      assertThatThrownBy(() -> batcher.submit(new float[2], FAR))
          .hasMessage("an input has 1 floats but this one has 2");
    }
  }
}
