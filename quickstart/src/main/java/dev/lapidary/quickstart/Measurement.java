package dev.lapidary.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;

/**
 * What {@code trainer evaluate --json} or {@code exporter verify --json} says of a file.
 *
 * @param accuracy in [0, 1]
 * @param p50Millis median time of one image, in milliseconds
 * @param argmaxAgreement with libtorch, in [0, 1]; 1 for libtorch itself
 * @param relativeDifference greatest |difference of a logit| over greatest |logit|, to libtorch
 */
record Measurement(
    int images,
    double accuracy,
    double p50Millis,
    double argmaxAgreement,
    double relativeDifference) {

  static Measurement ofEvaluate(String json) throws IOException {
    JsonNode node = new ObjectMapper().readTree(json);
    return new Measurement(
        (int) number(node, "images"), number(node, "accuracy"), number(node, "p50Millis"), 1, 0);
  }

  static Measurement ofVerify(String json) throws IOException {
    JsonNode node = new ObjectMapper().readTree(json);
    return new Measurement(
        (int) number(node, "images"),
        number(node, "accuracy"),
        number(node, "p50Millis"),
        number(node, "argmaxAgreement"),
        number(node, "maxAbsDifference") / number(node, "maxAbsLogit"));
  }

  private static double number(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isNumber()) {
      throw Failure.failed("expected a number %s in %s", field, node);
    }
    return value.asDouble();
  }
}
