package dev.lapidary.serve.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ModelRepositoryTest {
  private static final ModelId ONE = new ModelId("shoes", "1");
  private static final ModelId TWO = new ModelId("shoes", "2");
  private static final ModelId TEN = new ModelId("shoes", "10");

  private final ModelRepository<Fake> repository = new ModelRepository<>();

  private static final class Fake implements AutoCloseable {
    final String name;
    final CountDownLatch closed = new CountDownLatch(1);

    Fake(String name) {
      this.name = name;
    }

    @Override
    public void close() {
      closed.countDown();
    }

    boolean isClosed() {
      return closed.getCount() == 0;
    }
  }

  private Lease<Fake> lease(Optional<String> version) throws ModelUnavailable {
    return repository.lease("shoes", version);
  }

  @Test
  void theLatestVersionAnswersUnlessOneIsNamed() throws Exception {
    for (ModelId id : List.of(TEN, ONE, TWO)) {
      repository.load(id, () -> new Fake(id.version()));
    }
    try (Lease<Fake> latest = lease(Optional.empty());
        Lease<Fake> first = lease(Optional.of("1"))) {
      assertThat(latest.model().name).isEqualTo("10");
      assertThat(latest.id()).isEqualTo(TEN);
      assertThat(first.model().name).isEqualTo("1");
    }
    assertThat(repository.index()).extracting(ModelStatus::id).containsExactly(ONE, TWO, TEN);
    assertThatThrownBy(() -> lease(Optional.of("3")))
        .hasMessage("the model has no such version, expected one of 1, 2, 10");
    assertThatThrownBy(() -> repository.lease("hats", Optional.empty()))
        .hasMessage("there is no such model; POST /v2/repository/index lists those that there are");
  }

  /** What is replaced is closed with its last lease, never before. */
  @Test
  void aReloadSwitchesAndLetsTheOldOneEnd() throws Exception {
    Fake old = new Fake("old");
    repository.load(ONE, () -> old);
    Lease<Fake> during = lease(Optional.empty());
    repository.load(ONE, () -> new Fake("new"));
    try (Lease<Fake> after = lease(Optional.empty())) {
      assertThat(after.model().name).isEqualTo("new");
    }
    assertThat(old.isClosed()).isFalse();
    during.close();
    during.close(); // counts once
    old.closed.await();
  }

  @Test
  void aFailedReloadLeavesTheOldOneAndSaysWhy() throws Exception {
    repository.load(ONE, () -> new Fake("old"));
    assertThatThrownBy(
            () ->
                repository.load(
                    ONE,
                    () -> {
                      throw new LoadFailed("golden_check_failed", "golden image 0 differs");
                    }))
        .hasMessage("golden image 0 differs");
    try (Lease<Fake> lease = lease(Optional.empty())) {
      assertThat(lease.model().name).isEqualTo("old");
    }
    assertThat(repository.index())
        .containsExactly(
            new ModelStatus(
                ONE,
                ModelState.READY,
                "golden_check_failed",
                "the version before it answers; the reload failed: golden image 0 differs"));
  }

  @Test
  void aFailedFirstLoadIsUnavailableAndSaysWhy() {
    assertThatThrownBy(
            () ->
                repository.load(
                    ONE,
                    () -> {
                      throw Failure.badInput("[a.onnx] it is no model");
                    }))
        .isInstanceOf(Failure.class);
    assertThat(repository.index())
        .containsExactly(
            new ModelStatus(ONE, ModelState.UNAVAILABLE, "load_failed", "[a.onnx] it is no model"));
    assertThatThrownBy(() -> lease(Optional.empty()))
        .isInstanceOfSatisfying(
            ModelUnavailable.class,
            e -> {
              assertThat(e.isKnown()).isTrue();
              assertThat(e.code()).isEqualTo("load_failed");
            });
  }

  @Test
  void isLoadingUntilItIsReady() throws Exception {
    repository.load(
        ONE,
        () -> {
          assertThat(repository.index())
              .extracting(ModelStatus::state)
              .containsExactly(ModelState.LOADING);
          assertThatThrownBy(() -> lease(Optional.empty()))
              .isInstanceOf(ModelUnavailable.class)
              .hasMessage("the model is loading");
          return new Fake("1");
        });
    assertThat(repository.index()).containsExactly(new ModelStatus(ONE, ModelState.READY, "", ""));
  }

  @Test
  void anUnloadAnswersWhatItHas() throws Exception {
    Fake model = new Fake("1");
    repository.load(ONE, () -> model);
    Lease<Fake> during = lease(Optional.empty());
    assertThat(repository.unload(ONE)).isTrue();
    assertThat(repository.unload(ONE)).isFalse();
    assertThat(repository.index())
        .extracting(ModelStatus::state)
        .containsExactly(ModelState.UNLOADING);
    assertThat(model.isClosed()).isFalse();
    during.close();
    repository.close(); // waits for it
    assertThat(model.isClosed()).isTrue();
    assertThat(repository.index())
        .containsExactly(new ModelStatus(ONE, ModelState.UNAVAILABLE, "unloaded", "unloaded"));
  }

  @Test
  void nothingIsLoadedAfterItsEnd() {
    repository.close();
    Fake model = new Fake("1");
    assertThatThrownBy(() -> repository.load(ONE, () -> model))
        .isInstanceOf(LoadFailed.class)
        .hasMessage("the server is stopping");
    assertThat(model.isClosed()).isTrue();
  }

  /** Whoever has a lease works with a model that is not closed, whatever is loaded meanwhile. */
  @Test
  void noLeaseIsOfAClosedModelAmongManySwaps() throws Exception {
    repository.load(ONE, () -> new Fake("0"));
    AtomicBoolean ended = new AtomicBoolean();
    AtomicInteger closedInUse = new AtomicInteger();
    AtomicInteger leases = new AtomicInteger();
    Thread[] users = new Thread[3];
    for (int i = 0; i < users.length; i++) {
      users[i] =
          new Thread(
              () -> {
                while (!ended.get()) {
                  try (Lease<Fake> lease = lease(Optional.empty())) {
                    Thread.yield();
                    closedInUse.addAndGet(lease.model().isClosed() ? 1 : 0);
                    leases.incrementAndGet();
                  } catch (ModelUnavailable e) {
                    closedInUse.incrementAndGet();
                  }
                }
              });
      users[i].start();
    }
    Fake last = null;
    for (int i = 1; i <= 500 || leases.get() < 1000; i++) {
      Fake next = new Fake(Integer.toString(i));
      repository.load(ONE, () -> next);
      last = next;
    }
    ended.set(true);
    for (Thread user : users) {
      user.join();
    }
    assertThat(closedInUse).hasValue(0);
    repository.close();
    assertThat(last).satisfies(model -> assertThat(model.isClosed()).isTrue());
  }

  @Test
  void namesArePartsOfAUrl() {
    assertThat(ModelId.segment(" MobileNet V2 ", "model")).isEqualTo("MobileNet-V2");
    assertThat(ModelId.segment("..", "model")).isEqualTo("model");
    assertThat(ModelId.segment("x".repeat(70), "model")).hasSize(64);
    assertThatThrownBy(() -> new ModelId("../etc", "1"))
        .hasMessage(
            "expected at most 64 letters, digits and ._- but the model is '../etc', its version"
                + " '1'");
    assertThat(new ModelId("a", "9")).isLessThan(new ModelId("a", "10"));
    assertThat(new ModelId("a", "10")).isLessThan(new ModelId("a", "beta"));
  }
}
