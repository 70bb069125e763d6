package dev.lapidary.quickstart;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The best class of one image.
 *
 * @param image path below the data folder, with slashes
 * @param index of the class
 * @param probability after softmax, in [0, 1]
 */
record BestClass(String image, String label, int index, double probability) {

  static BestClass of(String image, JsonNode answer) {
    return new BestClass(
        image,
        answer.path("label").asText(),
        answer.path("index").asInt(-1),
        answer.path("probability").asDouble(-1));
  }
}
