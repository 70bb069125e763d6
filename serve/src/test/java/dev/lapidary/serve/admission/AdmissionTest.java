package dev.lapidary.serve.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.batch.BatchStatistics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final Pace PACE = pace(1_000_000);

  /** Of a model whose images take so long, one at a time. */
  private static Pace pace(long nanos) {
    BatchStatistics runs = new BatchStatistics();
    runs.expect(nanos);
    return new Pace(2, runs, () -> 1);
  }

  /** Else a fast model's full queue made a slow one refuse what it could have done. */
  @Test
  void aModelIsJudgedByItsOwnImages() {
    Admission admission = new Admission(1000, 1_000_000);
    Pace slow = pace(100_000_000);
    Admission.Permit many = admission.open();
    assertThat(many.admit(PACE, 200, 0, 1)).isTrue();
    assertThat(slow.backlogNanos(admission.backlog(slow))).isZero();
    assertThat(admission.backlog(slow).isEmpty()).isTrue(); // so it is tried, whatever was measured
    assertThat(PACE.backlogNanos(admission.backlog(PACE))).isEqualTo(200_000_000);
    Admission.Permit one = admission.open();
    assertThat(one.admit(slow, 3, 0, 1)).isTrue();
    assertThat(slow.backlogNanos(admission.backlog(slow))).isEqualTo(300_000_000);
    assertThat(admission.backlog(slow).isEmpty()).isFalse();
    assertThat(admission.backlog(slow).room()).isEqualTo(797);
    many.close();
    assertThat(PACE.backlogNanos(admission.backlog(PACE))).isZero();
    one.close();
    assertThat(admission.backlog(slow).isEmpty()).isTrue();
  }

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
    assertThat(one.admit(PACE, 1, 1, 1)).isFalse();
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
    assertThat(one.admit(PACE, 2, 20, 1)).isTrue();
    assertThat(admission.held()).isEqualTo(new Admission.Held(3, 2, 20, 10, 10));
    assertThat(admission.isFull(1)).isFalse();
    assertThat(admission.backlog(PACE).room()).isEqualTo(1);
    assertThat(many.admit(PACE, 64, 640, 1)).isTrue();
    assertThat(admission.isFull(1)).isTrue();
    assertThat(last.admit(PACE, 1, 10, 1)).isFalse();
    assertThat(admission.backlog(PACE).room()).isZero();
    assertThat(admission.held()).isEqualTo(new Admission.Held(3, 66, 660, 10, 0));
    many.decoded(600);
    assertThat(admission.held()).isEqualTo(new Admission.Held(3, 66, 60, 10, 0));
    many.close();
    assertThat(admission.held()).isEqualTo(new Admission.Held(2, 2, 20, 0, 0));
    assertThat(last.admit(PACE, 1, 10, 1)).isTrue();
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
                  if (permit.admit(PACE, 2, 10, 1)) {
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
    Admission admission = new Admission(8, 1000, counts);
    Admission.Permit unknown = admission.open();
    assertThat(unknown.hold(100)).isTrue();
    assertThat(unknown.admit(PACE, 4, 40, 3)).isTrue(); // half of eight
    assertThat(admission.isFull(3)).isTrue();
    assertThat(admission.isFull(2)).isFalse();
    assertThat(admission.open(3).admit(PACE, 1, 10, 3)).isFalse();
    Admission.Permit second = admission.open(2);
    assertThat(second.admit(PACE, 2, 20, 2)).isTrue(); // three quarters
    assertThat(admission.open(2).admit(PACE, 1, 10, 2)).isFalse();
    Admission.Permit first = admission.open(1);
    assertThat(first.hold(600)).isTrue();
    assertThat(admission.open(3).hold(1)).isFalse(); // more than half of the bytes are held
    assertThat(admission.open(2).hold(50)).isTrue();
    assertThat(first.admit(PACE, 1, 10, 1)).isTrue();
    assertThat(admission.isFull(1)).isFalse();
    assertThat(admission.backlog(PACE, 1).held().images()).isEqualTo(1);
    assertThat(admission.backlog(PACE, 2).held().images()).isEqualTo(3);
    assertThat(admission.backlog(PACE, 3).held().pixels()).isEqualTo(70);
    assertThat(admission.backlog(PACE, 3).room()).isZero();
    assertThat(admission.backlog(PACE, 1).room()).isEqualTo(1);
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
