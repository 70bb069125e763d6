package dev.lapidary.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Posts images to {@code /predict}, one a request, as a client in another language would. */
final class HttpClassifier {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI predict;

  HttpClassifier(URI server) {
    this.predict = server.resolve("/predict?topK=1");
  }

  /** The answers in the order of the images, and the median time of a request in milliseconds. */
  record Answers(List<BestClass> predictions, double p50Millis) {}

  Answers classify(FolderImages images) throws IOException, InterruptedException {
    List<BestClass> predictions = new ArrayList<>();
    long[] nanos = new long[images.images().size()];
    for (int i = 0; i < nanos.length; i++) {
      String path = images.images().get(i).path();
      long start = System.nanoTime();
      predictions.add(post(images.folder().resolve(path), path));
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    return new Answers(predictions, nanos[nanos.length / 2] / 1e6);
  }

  private BestClass post(Path file, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(predict)
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/octet-stream")
            .POST(HttpRequest.BodyPublishers.ofByteArray(Files.readAllBytes(file)))
            .build();
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw Failure.failed(
          "POST %s of %s answered %d: %s", predict, path, response.statusCode(), response.body());
    }
    JsonNode best = JSON.readTree(response.body()).at("/predictions/0/classes/0");
    return BestClass.of(path, best);
  }
}
