package dev.lapidary.serve.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.serve.admission.Admission;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a message holds while it comes, and which are not waited for. */
class ArrivalTest {
  private static final Arrivals.Rate RATE = new Arrivals.Rate(1000, Duration.ofSeconds(5));

  private final Admission admission = new Admission(8, 10_000);
  private final Arrivals all =
      new Arrivals(
          admission, new Arrivals.Rate(0, Duration.ofDays(1)), () -> Duration.ofMillis(2345));
  private final List<Status> refusals = new ArrayList<>();
  private final List<String> pushbacks = new ArrayList<>();

  @AfterEach
  void close() {
    all.close();
  }

  private Arrival arrival(boolean stream) {
    Arrival arrival = new Arrival(admission, all, stream);
    arrival.onRefusal(
        error -> {
          refusals.add(error.getStatus());
          pushbacks.add(pushback(error));
        });
    return arrival;
  }

  private static String pushback(StatusRuntimeException error) {
    Metadata trailers = error.getTrailers();
    return trailers == null
        ? "none"
        : String.valueOf(
            trailers.get(
                Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)));
  }

  private static long after(long seconds) {
    return System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void holdsWhatHasComeAndGivesItBack() {
    Arrival arrival = arrival(false);
    arrival.inboundWireSize(4000);
    arrival.inboundWireSize(1000);
    assertThat(admission.held().bytes()).isEqualTo(5000);
    arrival.streamClosed(Status.CANCELLED);
    assertThat(admission.held()).isEqualTo(new Admission.Held(0, 0, 0, 0, 0));
    arrival.inboundWireSize(1000);
    assertThat(admission.held().bytes()).isZero();
    assertThat(arrival.take()).isEmpty();
  }

  @Test
  void whatIsTakenIsItsTakers() {
    Arrival arrival = arrival(true);
    arrival.inboundWireSize(4000);
    Admission.Permit taken = arrival.take().orElseThrow();
    arrival.inboundWireSize(1000); // the next message of the stream
    arrival.streamClosed(Status.OK);
    assertThat(admission.held().bytes()).isEqualTo(4000);
    taken.close();
    assertThat(admission.held().bytes()).isZero();
  }

  @Test
  void endsWhereThereIsNoRoomForMore() {
    Arrival other = arrival(false);
    other.inboundWireSize(8000);
    Arrival arrival = arrival(false);
    arrival.inboundWireSize(1000);
    assertThat(refusals).isEmpty();
    arrival.inboundWireSize(1001);
    assertThat(refusals)
        .singleElement()
        .satisfies(s -> assertThat(s.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
    assertThat(pushbacks).containsExactly("2345");
    assertThat(arrival.isRefused()).isTrue();
    assertThat(arrival.take()).isEmpty();
    assertThat(other.take()).isPresent();
  }

  @Test
  void endsWhatComesTooSlowly() {
    Arrival arrival = arrival(false);
    arrival.inboundWireSize(5500);
    arrival.check(after(4), RATE);
    arrival.check(after(5), RATE);
    assertThat(refusals).isEmpty();
    arrival.check(after(6), RATE);
    assertThat(refusals)
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
              assertThat(s.getDescription())
                  .matches(
                      "5500 bytes of the message came in 6\\d{3} ms, expected at least 1000 a second");
            });
    arrival.check(after(7), RATE);
    assertThat(refusals).hasSize(1);
    assertThat(pushbacks).containsExactly("null"); // it is the client that is slow
  }

  @Test
  void aStreamMayWaitBetweenItsMessages() {
    Arrival arrival = arrival(true);
    arrival.check(after(60), RATE);
    arrival.inboundWireSize(10);
    assertThat(arrival.take()).isPresent();
    arrival.check(after(60), RATE);
    assertThat(refusals).isEmpty();
    arrival.inboundWireSize(10);
    arrival.check(after(60), RATE);
    assertThat(refusals).hasSize(1);
  }
}
