package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.NoLeaks;
import java.awt.Color;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The curve is measured beside a ready server, kept, and taken from there the next time. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class TunerTest {
  @TempDir Path folder;

  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  private ServerSettings settings(Optional<Duration> p99) {
    return ServerSettings.local()
        .withTuning(
            new ServerSettings.Tuning(
                true,
                true,
                p99,
                Duration.ofMillis(100),
                folder.resolve("cache"),
                said::add,
                Optional.empty()));
  }

  /** What a server says of its plan, once it has one and answers by it. */
  private String plan(Optional<Duration> p99) throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(p99))) {
      Path model = TinyModels.write(folder);
      assertThat(server.serve(ModelLoader.load(model, 2))).isEmpty();
      String line = said.take();
      Client client = new Client(server.uri());
      byte[] red = TinyModels.png(Color.RED, 8, 8);
      HttpResponse<byte[]> answer =
          client.post(
              "/predict",
              "multipart/form-data; boundary=b",
              Client.multipart("b", "f", "1", red, "f", "2", red, "f", "3", red));
      assertThat(answer.statusCode()).isEqualTo(200);
      for (int i = 0; i < 3; i++) {
        assertThat(Client.json(answer).at("/predictions/" + i + "/classes/0/label").asText())
            .isEqualTo("red");
      }
      HttpResponse<byte[]> alone = client.post("/predict", "image/png", red);
      assertThat(Client.json(alone).at("/predictions/0/classes/0/probability").asDouble())
          .isCloseTo(
              Client.json(answer).at("/predictions/0/classes/0/probability").asDouble(),
              within(1e-5)); // whatever number of threads, and of images, it ran with
      return line;
    }
  }

  private Path kept() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  @Test
  void aPlanIsMeasuredOnceAndKept() throws Exception {
    String measured = plan(Optional.empty());
    assertThat(measured).matches("\\[tiny] batch.*; [12] executors? .*\\(measured now\\)");
    List<String> curves = Files.readAllLines(kept());
    assertThat(curves).allMatch(line -> line.matches("(1 2|2 1) (1|2|4|8|16|32) [0-9]+"));
    assertThat(curves).anyMatch(line -> line.startsWith("1 2 1 "));
    assertThat(curves).anyMatch(line -> line.startsWith("2 1 32 "));
    assertThat(plan(Optional.empty()))
        .isEqualTo(measured.replace("(measured now)", "(measured before)"));
  }

  @Test
  void theObjectiveDecidesOnTheCurvesThatWereKept() throws Exception {
    plan(Optional.empty());
    StringBuilder curves = new StringBuilder();
    for (int size = 1; size <= 32; size *= 2) {
      curves.append("1 2 ").append(size).append(' ').append(3_000_000 + size * 250_000L);
      curves.append('\n');
    }
    Files.writeString(kept(), curves);
    assertThat(plan(Optional.empty()))
        .isEqualTo(
            "[tiny] batches of up to 32: together they cost 0.11 x as many alone; 1 executor of 2"
                + " threads (measured before)");
    assertThat(plan(Optional.of(Duration.ofMillis(12))))
        .isEqualTo(
            "[tiny] batches of up to 8: together they cost 0.19 x as many alone; 1 executor of 2"
                + " threads; p99 of 12 ms holds while two runs take no more, 5.0 ms each (measured"
                + " before)");
  }

  /** Several executors of one thread, and all threads for an image that comes alone. */
  @Test
  void severalExecutorsLeaveTheMachineToAnImageThatIsAlone() throws Exception {
    plan(Optional.empty());
    StringBuilder curves = new StringBuilder();
    for (int size = 1; size <= 32; size *= 2) {
      curves.append("1 2 ").append(size).append(' ').append(size * 3_000_000L).append('\n');
      curves.append("2 1 ").append(size).append(' ').append(size * 4_000_000L).append('\n');
    }
    Files.writeString(kept(), curves);
    assertThat(plan(Optional.empty()))
        .isEqualTo(
            "[tiny] batching off: 8 together cost 1.00 x 8 alone; 2 executors of 1 threads give"
                + " 1.50 x the images of 1 of 2; one image while nothing else is done runs on 2"
                + " threads, in 3.0 ms instead of 4.0 (measured before)");
  }

  @Test
  void whatCannotBeReadIsMeasuredAnew() throws Exception {
    plan(Optional.empty());
    Files.writeString(kept(), "1 2 x 7\n");
    assertThat(plan(Optional.empty())).endsWith("(measured now)");
    assertThat(Files.readAllLines(kept())).hasSizeGreaterThan(1);
  }
}
