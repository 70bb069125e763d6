package dev.lapidary.serve.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.runtime.batch.BatchStatistics;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int ROOM = 1000;
  private static final Admission.Backlog NOTHING = held(0, 0, 0);

  private final BatchStatistics runs = new BatchStatistics();
  private final Pace pace = new Pace(2, runs, () -> 1);

  private static Admission.Backlog held(int images, long weight, long unreadBytes) {
    return held(images, weight, unreadBytes, ROOM);
  }

  private static Admission.Backlog held(int images, long weight, long unreadBytes, int room) {
    return new Admission.Backlog(
        new Admission.Held(images, images, weight, unreadBytes, unreadBytes), room);
  }

  @Test
  void saysNothingBeforeItKnowsAnything() {
    assertThat(pace.backlogNanos(held(100, 1_000_000, 1_000_000))).isZero();
  }

  /** Two threads decode 10 images of 100 ms each in 500 ms; running them takes 20 ms. */
  @Test
  void whatIsSlowerDecidesWhenABacklogIsWorkedOff() {
    runs.ran(8, 16 * MILLI, true);
    pace.decoded(1_000_000, 100 * MILLI);
    assertThat(pace.backlogNanos(held(10, 10_000_000, 0))).isEqualTo(500 * MILLI);
    assertThat(pace.backlogNanos(held(10, 100_000, 0))).isEqualTo(20 * MILLI);
  }

  /** An image of its own passes both, though nothing is before it. */
  @Test
  void aRequestIsDecodedAndRun() {
    runs.ran(1, 30 * MILLI, true);
    pace.decoded(1_000_000, 100 * MILLI);
    assertThat(pace.backlogNanos(NOTHING, 1, 1_000_000)).isCloseTo(80 * MILLI, within(51 * MILLI));
    assertThat(pace.backlogNanos(NOTHING, 4, 4_000_000))
        .isEqualTo((200 + Math.min(200, 4 * 30)) * MILLI);
  }

  @Test
  void bodiesThatAreNotReadYetCountAsTheOthersDid() {
    pace.decoded(1_000_000, 100 * MILLI);
    assertThat(pace.backlogNanos(held(1, 1_000_000, 1_000_000))).isEqualTo(300 * MILLI);
    for (int i = 0; i < 100; i++) {
      pace.read(500_000, 1, 1_000_000);
    }
    assertThat(pace.backlogNanos(held(1, 1_000_000, 1_500_000)))
        .isCloseTo(200 * MILLI, within(MILLI));
  }

  /** In overload more is read than there is room for, and refused after that. */
  @Test
  void bodiesThatFindNoRoomTakeNoTime() {
    runs.ran(1, 10 * MILLI, true);
    pace.decoded(1_000_000, 30 * MILLI);
    for (int i = 0; i < 200; i++) {
      pace.read(500_000, 1, 1_000_000);
    }
    long tenBodies = 5_000_000;
    assertThat(pace.backlogNanos(held(20, 0, tenBodies, 0))).isEqualTo(200 * MILLI);
    assertThat(pace.backlogNanos(held(20, 0, tenBodies, 4)))
        .isCloseTo(240 * MILLI, within(10 * MILLI));
    assertThat(pace.backlogNanos(held(20, 0, tenBodies, 40)))
        .isCloseTo(300 * MILLI, within(10 * MILLI));
    assertThat(pace.backlogNanos(held(0, 20_000_000, tenBodies, 4))) // 24 are to be decoded
        .isCloseTo(360 * MILLI, within(5 * MILLI));
  }

  @Test
  void laterImagesSayMore() {
    pace.decoded(1_000_000, 1000 * MILLI);
    for (int i = 0; i < 40; i++) {
      pace.decoded(1_000_000, 100 * MILLI);
    }
    assertThat(pace.decodeNanos(1_000_000)).isBetween(100 * MILLI, 120 * MILLI);
  }

  /** A hundred small ones, as fast as a warm-up has them, do not outweigh one of 12 megapixels. */
  @Test
  void oneLargeImageSaysMoreThanManySmallOnes() {
    for (int i = 0; i < 100; i++) {
      pace.decoded(300_000, 3 * MILLI);
    }
    pace.decoded(12_000_000, 1000 * MILLI); // eight times as slow a pixel
    assertThat(pace.decodeNanos(12_000_000)).isBetween(500 * MILLI, 1000 * MILLI);
  }

  @Test
  void whatIsBeingDecodedTellsBeforeItIsDone() {
    pace.decoded(300_000, 3 * MILLI);
    Pace.Decode large = pace.begin(12_000_000, 0);
    assertThat(pace.decodeNanos(12_000_000, 60 * MILLI)).isEqualTo(120 * MILLI); // as expected
    assertThat(pace.decodeNanos(12_000_000, 800 * MILLI))
        .isBetween(700 * MILLI, 800 * MILLI); // so long at the least
    large.fail();
    assertThat(pace.decodeNanos(12_000_000, 800 * MILLI)).isEqualTo(120 * MILLI);
  }

  @Test
  void anExpectationGivesWayToWhatWasMeasured() {
    runs.expect(5 * MILLI);
    assertThat(pace.runNanos(2)).isEqualTo(10 * MILLI);
    runs.ran(1, 7 * MILLI, true);
    assertThat(runs.nanosPerImage(1).orElseThrow()).isEqualTo(5.4 * MILLI, within(1.0));
    runs.expect(4 * MILLI); // by another plan
    assertThat(runs.nanosPerImage(1).orElseThrow()).isEqualTo(4.0 * MILLI, within(1.0));
  }
}
