package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import java.awt.Color;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model on several devices: each runs batches of its own, and each is checked. */
@Timeout(60)
class SeveralDevicesTest {
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir Path folder;

  private static ServedModel open(Path file) {
    return ModelLoader.load(file, 1);
  }

  /** Neither answers before both run. */
  private static ServedModel together(Path file, CountDownLatch both) {
    ServedModel own = open(file);
    return own.withNetwork(
        (inputs, count) -> {
          if (inputs.get(0) < 0.5) { // neither the golden image nor the warm-up
            both.countDown();
            both.await();
          }
          return own.network().run(inputs, count);
        });
  }

  @Test
  void eachRunsABatchAtTheSameTime() throws Exception {
    Path file = TinyModels.write(folder);
    CountDownLatch both = new CountDownLatch(2);
    ServerSettings oneByOne = ServerSettings.local().withBatch(BatchPolicy.greedy(1));
    try (PredictionServer server = PredictionServer.bind(oneByOne)) {
      server.serve(
          file,
          false,
          false,
          f -> new ReadModel.OfImages(together(f, both), java.util.List.of(together(f, both))));
      Client client = new Client(server.uri());
      CompletableFuture<HttpResponse<byte[]>> one =
          client.postAsync("/predict", "image/png", IMAGE);
      CompletableFuture<HttpResponse<byte[]>> other =
          client.postAsync("/predict", "image/png", IMAGE);
      assertThat(one.join().statusCode()).isEqualTo(200);
      assertThat(other.join().statusCode()).isEqualTo(200);
    }
  }

  /** One that answers its golden image otherwise keeps the model from being ready. */
  @Test
  void eachIsChecked() throws Exception {
    Path file = TinyModels.write(folder, Optional.of(TinyModels.card(TinyModels.golden(0f))));
    ServedModel wrong = open(file).withNetwork((inputs, count) -> new float[] {9, 0, 0});
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.serve(
          file, false, false, f -> new ReadModel.OfImages(open(f), java.util.List.of(wrong)));
      assertThat(server.unready().orElseThrow()).startsWith("golden image 0: logit 0 is 9");
    }
  }
}
