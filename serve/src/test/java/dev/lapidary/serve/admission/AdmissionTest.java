package dev.lapidary.serve.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  @Test
  void holdsBytesAsTheyComeUpToTheBound() {
    Admission admission = new Admission(3, 100);
    Admission.Permit one = admission.open();
    Admission.Permit two = admission.open();
    assertThat(one.hold(60)).isTrue();
    assertThat(two.hold(41)).isFalse();
    assertThat(two.hold(40)).isTrue();
    assertThat(one.hold(61)).isFalse();
    assertThat(one.hold(50)).isTrue();
    assertThat(admission.held()).isEqualTo(new Admission.Held(2, 0, 0, 90, 90));
    one.close();
    one.close();
    assertThat(admission.held()).isEqualTo(new Admission.Held(1, 0, 0, 40, 40));
    assertThat(one.hold(1)).isFalse();
    assertThat(one.admit(1, 1)).isFalse();
    two.close();
    assertThat(admission.held()).isEqualTo(new Admission.Held(0, 0, 0, 0, 0));
  }

  /** Else requests of many images would never find their places beside single ones. */
  @Test
  void admitsARequestAsAWholeWhileThereIsRoomForOneImage() {
    Admission admission = new Admission(3, 100);
    Admission.Permit one = admission.open();
    Admission.Permit many = admission.open();
    Admission.Permit last = admission.open();
    assertThat(many.hold(10)).isTrue();
    assertThat(one.admit(2, 20)).isTrue();
    assertThat(admission.held()).isEqualTo(new Admission.Held(3, 2, 20, 10, 10));
    assertThat(admission.isFull()).isFalse();
    assertThat(admission.backlog().room()).isEqualTo(1);
    assertThat(many.admit(64, 640)).isTrue();
    assertThat(admission.isFull()).isTrue();
    assertThat(last.admit(1, 10)).isFalse();
    assertThat(admission.backlog().room()).isZero();
    assertThat(admission.held()).isEqualTo(new Admission.Held(3, 66, 660, 10, 0));
    many.decoded(600);
    assertThat(admission.held()).isEqualTo(new Admission.Held(3, 66, 60, 10, 0));
    many.close();
    assertThat(admission.held()).isEqualTo(new Admission.Held(2, 2, 20, 0, 0));
    assertThat(last.admit(1, 10)).isTrue();
  }

  @Test
  void waitsForAllRequestsAlsoThoseThatHoldNothingYet() throws Exception {
    Admission admission = new Admission(3, 100);
    Admission.Permit one = admission.open();
    assertThat(admission.awaitEmpty(Duration.ZERO)).isFalse();
    one.close();
    assertThat(admission.awaitEmpty(Duration.ofSeconds(1))).isTrue();
  }

  @Test
  void keepsItsBoundUnderConcurrency() throws Exception {
    Admission admission = new Admission(5, 1_000_000);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  Admission.Permit permit = admission.open();
                  if (permit.admit(2, 10)) {
                    most.accumulateAndGet(inside.addAndGet(2), Math::max);
                    inside.addAndGet(-2);
                  }
                  permit.close();
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
    }
    assertThat(most.get()).isBetween(2, 6);
    assertThat(admission.held()).isEqualTo(new Admission.Held(0, 0, 0, 0, 0));
  }

  @Test
  void theLastPriorityIsRefusedFirst() {
    List<Long> ended = new ArrayList<>();
    PriorityCounts counts = new PriorityCounts(List.of(ended::add, n -> {}, n -> {}));
    Admission admission = new Admission(8, 1000, Optional.of(counts));
    Admission.Permit unknown = admission.open();
    assertThat(unknown.hold(100)).isTrue();
    assertThat(unknown.admit(4, 40, 3)).isTrue(); // half of eight
    assertThat(admission.isFull(3)).isTrue();
    assertThat(admission.isFull(2)).isFalse();
    assertThat(admission.open(3).admit(1, 10)).isFalse();
    Admission.Permit second = admission.open(2);
    assertThat(second.admit(2, 20)).isTrue(); // three quarters
    assertThat(admission.open(2).admit(1, 10)).isFalse();
    Admission.Permit first = admission.open(1);
    assertThat(first.hold(600)).isTrue();
    assertThat(admission.open(3).hold(1)).isFalse(); // more than half of the bytes are held
    assertThat(admission.open(2).hold(50)).isTrue();
    assertThat(first.admit(1, 10)).isTrue();
    assertThat(admission.isFull()).isFalse();
    assertThat(admission.backlog(1).held().images()).isEqualTo(1);
    assertThat(admission.backlog(2).held().images()).isEqualTo(3);
    assertThat(admission.backlog(3).held().pixels()).isEqualTo(70);
    assertThat(admission.backlog(3).room()).isZero();
    assertThat(admission.backlog(1).room()).isEqualTo(1);
    assertThat(counts.imagesOf(3)).isEqualTo(4);
    assertThat(counts.refusedOf(3)).isEqualTo(1); // what finds no memory may try again
    assertThat(counts.refusedOf(2)).isEqualTo(1);
    first.close();
    unknown.close();
    second.close();
    assertThat(ended).hasSize(1);
    assertThat(admission.held().images()).isZero();
    assertThat(admission.held().pixels()).isZero();
    assertThat(admission.isFull(3)).isFalse();
  }
}
