package dev.lapidary.runtime.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OnnxSessionTest {
  @Test
  void runsAModelAndSaysWhatItTakes() throws Exception {
    try (OnnxSession session = SmallNetwork.open()) {
      assertThat(session.inputs()).containsOnlyKeys("input");
      assertThat(session.outputs()).containsOnlyKeys("logits");
      assertThat(session.metadata("key")).contains("word");
      assertThat(session.metadata("other")).isEmpty();
      assertThat(SmallNetwork.run(session, 3)).isEqualTo(1, within(1e-5f));
    }
  }

  @Test
  void aClosedSessionSaysSo() throws Exception {
    OnnxSession session = SmallNetwork.open();
    session.close();
    session.close();
    assertThatThrownBy(() -> SmallNetwork.run(session, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the session is closed");
    assertThatThrownBy(session::inputs).hasMessage("the session is closed");
  }

  /** A session that is freed under a run crashes the JVM. */
  @Test
  void closingWaitsForTheRunsThatAreUnderWay() throws Exception {
    for (int round = 0; round < 20; round++) {
      OnnxSession session = SmallNetwork.open();
      CountDownLatch running = new CountDownLatch(2);
      List<CompletableFuture<Void>> threads = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        threads.add(CompletableFuture.runAsync(() -> runUntilClosed(session, running)));
      }
      running.await();
      session.close();
      for (CompletableFuture<Void> thread : threads) {
        thread.join();
      }
    }
  }

  private static void runUntilClosed(OnnxSession session, CountDownLatch running) {
    try {
      for (int batch = 1; ; batch = batch % 9 + 1) {
        assertThat(SmallNetwork.run(session, batch)).isEqualTo(1, within(1e-5f));
        running.countDown();
      }
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("the session is closed");
    } catch (OrtException e) {
      throw new AssertionError(e);
    }
  }
}
