package dev.lapidary.runtime.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several inputs and outputs, several executors, and whose thread does what. */
@Timeout(60)
class TensorBatchTest {
  private static final Deadline FAR = Deadline.after(Duration.ofHours(1));

  private final ExecutorService answers = AnswerThreads.start();

  @AfterEach
  void end() {
    answers.shutdownNow();
  }

  /** Gives back what it takes: levels of any width, and a text a row. */
  private static class Echo implements TensorNetwork {
    @Override
    public List<TensorSpec> inputs() {
      return List.of(
          new TensorSpec("levels", DataType.UINT8, List.of(-1L, -1L)),
          new TensorSpec("names", DataType.BYTES, List.of(-1L)));
    }

    @Override
    public List<TensorSpec> outputs() {
      return inputs();
    }

    @Override
    public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable {
      TypedTensor.Numbers levels = (TypedTensor.Numbers) inputs.get(0);
      assertThat(levels.data().isDirect()).isTrue();
      byte[] copy = new byte[levels.data().remaining()];
      levels.data().get(copy);
      TypedTensor own =
          new TypedTensor.Numbers("levels", DataType.UINT8, levels.shape(), ByteBuffer.wrap(copy));
      return List.of(own, inputs.get(1)).stream().filter(t -> outputs.contains(t.name())).toList();
    }
  }

  /** The first run waits. */
  private static class Gated extends Echo {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);

    @Override
    public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable {
      entered.countDown();
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new Unrunnable("interrupted", e);
      }
      return super.run(inputs, outputs);
    }
  }

  private static List<TypedTensor> rows(int rows, int width, int value) {
    byte[] levels = new byte[rows * width];
    java.util.Arrays.fill(levels, (byte) value);
    List<byte[]> names = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      names.add(("n" + value).getBytes(UTF_8));
    }
    List<Long> shape = List.of((long) rows, (long) width);
    return List.of( // in another order than the graph's
        new TypedTensor.Texts("names", List.of((long) rows), names),
        new TypedTensor.Numbers("levels", DataType.UINT8, shape, ByteBuffer.wrap(levels)));
  }

  private static final Set<String> BOTH = Set.of("levels", "names");

  private static void assertOwn(Outcome outcome, int rows, int width, int value, int batch) {
    Outcome.Ran ran = (Outcome.Ran) outcome;
    assertThat(ran.batchSize()).isEqualTo(batch);
    TypedTensor.Numbers levels = (TypedTensor.Numbers) ran.outputs().get(0);
    assertThat(levels.shape()).containsExactly((long) rows, (long) width);
    for (ByteBuffer data = levels.data(); data.hasRemaining(); ) {
      assertThat(data.get()).isEqualTo((byte) value);
    }
    TypedTensor.Texts names = (TypedTensor.Texts) ran.outputs().get(1);
    assertThat(names.elements()).hasSize(rows);
    assertThat(names.elements()).allMatch(n -> new String(n, UTF_8).equals("n" + value));
  }

  @Test
  void eachGetsItsOwnRowsOfEachOutput() throws Exception {
    Gated gated = new Gated();
    try (Batcher batcher = new Batcher(List.of(gated), BatchPolicy.greedy(8), answers)) {
      CompletableFuture<Outcome> first = batcher.submit(rows(1, 2, 200), BOTH, FAR);
      gated.entered.await();
      CompletableFuture<Outcome> three = batcher.submit(rows(3, 2, 3), BOTH, FAR);
      CompletableFuture<Outcome> two = batcher.submit(rows(2, 2, 2), BOTH, FAR);
      CompletableFuture<Outcome> four = batcher.submit(rows(4, 2, 4), BOTH, FAR);
      CompletableFuture<Outcome> wide = batcher.submit(rows(1, 5, 5), BOTH, FAR);
      CompletableFuture<Outcome> large = batcher.submit(rows(20, 2, 20), BOTH, FAR);
      CompletableFuture<Outcome> names = batcher.submit(rows(1, 2, 1), Set.of("names"), FAR);
      assertThat(batcher.depth()).isEqualTo(31);
      gated.open.countDown();
      assertOwn(first.join(), 1, 2, 200, 1);
      assertOwn(three.join(), 3, 2, 3, 5); // with two; four more are over 8
      assertOwn(two.join(), 2, 2, 2, 5);
      assertOwn(four.join(), 4, 2, 4, 4); // the next has another width
      assertOwn(wide.join(), 1, 5, 5, 1);
      assertOwn(large.join(), 20, 2, 20, 20); // larger than any batch, so alone
      assertThat(((Outcome.Ran) names.join()).outputs())
          .singleElement()
          .isInstanceOf(TypedTensor.Texts.class);
    }
  }

  /** Both executors must be in a run at a time for the barrier to open. */
  @Test
  void severalExecutorsRunAtATime() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    TensorNetwork meeting =
        new Echo() {
          @Override
          public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs)
              throws Unrunnable {
            try {
              both.await();
            } catch (Exception e) {
              throw new Unrunnable("alone", e);
            }
            return super.run(inputs, outputs);
          }
        };
    try (Batcher batcher = new Batcher(List.of(meeting, meeting), BatchPolicy.greedy(1), answers)) {
      List<CompletableFuture<Outcome>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(batcher.submit(rows(1, 1, i), BOTH, FAR));
      }
      for (int i = 0; i < 20; i++) {
        assertOwn(all.get(i).join(), 1, 1, i, 1);
      }
      assertThat(batcher.executors()).isEqualTo(2);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whoever hangs on an answer, for however long, keeps nobody from the next batch. */
  @Test
  void whatHangsOnAnAnswerDoesNotHoldTheExecutor() throws Exception {
    CountDownLatch hung = new CountDownLatch(1);
    CountDownLatch secondRan = new CountDownLatch(1);
    AtomicReference<Thread> network = new AtomicReference<>();
    TensorNetwork echo =
        new Echo() {
          @Override
          public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs)
              throws Unrunnable {
            network.set(Thread.currentThread());
            await(hung); // answered before, it would be hung on by the test's own thread
            return super.run(inputs, outputs);
          }
        };
    try (Batcher batcher = new Batcher(List.of(echo), BatchPolicy.greedy(1), answers)) {
      AtomicReference<Thread> completer = new AtomicReference<>();
      CompletableFuture<Outcome> first = batcher.submit(rows(1, 1, 1), BOTH, FAR);
      CompletableFuture<Void> slow =
          first.thenAccept(
              outcome -> {
                completer.set(Thread.currentThread());
                await(secondRan);
              });
      hung.countDown();
      batcher.submit(rows(1, 1, 2), BOTH, FAR).thenAccept(outcome -> secondRan.countDown()).join();
      slow.join();
      assertThat(completer.get()).isNotEqualTo(network.get());
    }
  }

  @Test
  void aRowCountThatIsNotTheBatchsFailsOnlyTogether() throws Exception {
    Gated gated =
        new Gated() {
          @Override
          public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs)
              throws Unrunnable {
            List<TypedTensor> all = super.run(inputs, Set.of("names"));
            return all.get(0).shape().get(0) == 1
                ? all
                : List.of(new TypedTensor.Texts("names", List.of(1L), List.of(new byte[0])));
          }
        };
    try (Batcher batcher = new Batcher(List.of(gated), BatchPolicy.greedy(8), answers)) {
      Set<String> names = Set.of("names");
      batcher.submit(rows(1, 1, 0), names, FAR);
      gated.entered.await();
      List<CompletableFuture<Outcome>> two =
          List.of(
              batcher.submit(rows(1, 1, 1), names, FAR), batcher.submit(rows(1, 1, 2), names, FAR));
      gated.open.countDown();
      assertThat(two).allMatch(each -> ((Outcome.Ran) each.join()).batchSize() == 1);
    }
  }

  @Test
  void otherExecutorsTakeOverWithoutALoss() throws Exception {
    Gated first = new Gated();
    try (Batcher batcher = new Batcher(List.of(first), BatchPolicy.greedy(1), answers)) {
      List<CompletableFuture<Outcome>> all = new ArrayList<>();
      all.add(batcher.submit(rows(1, 1, 0), BOTH, FAR));
      first.entered.await();
      for (int i = 1; i < 9; i++) {
        all.add(batcher.submit(rows(1, 1, i), BOTH, FAR));
      }
      Gated second = new Gated();
      second.open.countDown();
      Thread change =
          new Thread(
              () ->
                  batcher.become(List.of(second, second), Optional.empty(), BatchPolicy.greedy(4)));
      change.start();
      for (int i = 1; i < 9; i++) {
        all.get(i).join(); // while the first is still in its run
      }
      assertThat(all.get(0)).isNotDone();
      first.open.countDown();
      change.join();
      assertOwn(all.get(0).join(), 1, 1, 0, 1);
      assertThat(batcher.maxBatch()).isEqualTo(4);
    }
  }

  /** One that is alone has the machine to itself. */
  private static final class OneAlone implements BatchRule {
    @Override
    public int size(int queued, int free, double perSecond) {
      return queued;
    }

    @Override
    public boolean isForOne(int queued, double overlap, double perSecond) {
      return queued == 1;
    }
  }

  /** Counts its runs. */
  private static final class Counted extends Gated {
    final AtomicInteger runs = new AtomicInteger();

    @Override
    public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable {
      runs.incrementAndGet();
      return super.run(inputs, outputs);
    }
  }

  @Test
  void oneRowHasTheMachineToItselfWhileNothingElseIsDone() throws Exception {
    Counted narrow = new Counted();
    Counted wide = new Counted();
    AtomicBoolean idle = new AtomicBoolean();
    wide.open.countDown();
    try (Batcher batcher = new Batcher(List.of(narrow), BatchPolicy.greedy(1), answers)) {
      batcher.become(
          List.of(narrow, narrow),
          Optional.of(new WhenIdle(wide, waiting -> idle.get())),
          new BatchPolicy(4, Duration.ZERO, new OneAlone()));
      CompletableFuture<Outcome> first = batcher.submit(rows(1, 1, 1), BOTH, FAR);
      narrow.entered.await(); // something else is done
      idle.set(true);
      CompletableFuture<Outcome> second = batcher.submit(rows(1, 1, 2), BOTH, FAR);
      while (narrow.runs.get() < 2) { // the other executor runs the first
        Thread.onSpinWait();
      }
      narrow.open.countDown();
      assertOwn(first.join(), 1, 1, 1, 1);
      assertOwn(second.join(), 1, 1, 2, 1);
      assertThat(wide.runs).hasValue(0);
      while (wide.runs.get() == 0) { // until both executors have come back
        assertOwn(batcher.submit(rows(1, 1, 3), BOTH, FAR).join(), 1, 1, 3, 1);
      }
      int before = wide.runs.get();
      assertOwn(batcher.submit(rows(3, 1, 4), BOTH, FAR).join(), 3, 1, 4, 3); // one, but of three
      assertThat(wide.runs).hasValue(before);
      assertThat(batcher.executors()).isEqualTo(2);
    }
  }

  @Test
  void refusesWhatTheNetworkDoesNotTake() {
    try (Batcher batcher = new Batcher(List.of(new Echo()), BatchPolicy.greedy(2), answers)) {
      List<TypedTensor> right = rows(1, 1, 1);
      assertThatThrownBy(() -> batcher.submit(right.subList(0, 1), BOTH, FAR))
          .hasMessage("there is no input levels");
      TypedTensor floats = FloatNetwork.floats("levels", List.of(1L, 1L), new float[] {1});
      assertThatThrownBy(() -> batcher.submit(List.of(right.get(0), floats), BOTH, FAR))
          .hasMessage(
              "the input levels is UINT8 of shape [-1, -1] but this one is FP32 of shape [1, 1]");
      List<TypedTensor> uneven = List.of(right.get(0), rows(2, 1, 1).get(1));
      assertThatThrownBy(() -> batcher.submit(uneven, BOTH, FAR))
          .hasMessage("the inputs have one batch of at least 1 but names has 1 where levels has 2");
    }
  }
}
