package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.NoLeaks;
import java.awt.Color;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file whose graph resizes: images of any sizes at once, and tensors of the size that they have.
 */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class AnySizeTest {
  private static final Color COLOUR = new Color(250, 100, 30);

  @TempDir Path folder;

  @Test
  void imagesOfDifferentSizesAreAnsweredTogether() throws Exception {
    Path file = TinyModels.writeAnySize(folder, TinyModels.goldenLevels(0.001f, 13, 21));
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      assertThat(server.serve(ModelLoader.load(file, 1))).isEmpty();
      Client client = new Client(server.uri());
      String images =
          "{\"images\":[{\"b64\":\"%s\"},{\"b64\":\"%s\"}]}".formatted(png(9, 40), png(31, 12));
      JsonNode answer =
          Client.json(client.post("/predict", "application/json", images.getBytes(UTF_8)));
      for (int i = 0; i < 2; i++) {
        JsonNode best = answer.at("/predictions/" + i + "/classes/0");
        assertThat(best.get("label").asText()).isEqualTo("red");
        assertThat(best.get("probability").asDouble())
            .isCloseTo(TinyModels.probability(COLOUR, 0), within(1e-6));
      }
      String tensor =
          "{\"inputs\":[{\"name\":\"levels\",\"datatype\":\"UINT8\",\"shape\":[1,2,5,3],\"data\":%s}]}"
              .formatted(Collections.nCopies(30, 51));
      JsonNode logits =
          new JsonMapper()
              .readTree(
                  client
                      .post("/v2/models/tiny/infer", "application/json", tensor.getBytes(UTF_8))
                      .body())
              .at("/outputs/0/data");
      assertThat(logits).as("%s", logits).hasSize(3);
      assertThat(logits.get(0).asDouble()).isCloseTo(0.2, within(1e-6));
    }
  }

  private static String png(int width, int height) {
    return Base64.getEncoder().encodeToString(TinyModels.png(COLOUR, width, height));
  }
}
