package dev.lapidary.spark.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * What a table of predictions says of itself. Like a model card it holds no clock time, path or
 * host, so that equal jobs say the same.
 *
 * @param images rows of the table
 * @param errors of them, those without an answer
 * @param batchSize images in each run of the network; the last bits of logits may follow from it
 * @param topK the most classes of an answer; 0: the model's usual
 */
public record Manifest(
    Model model, long images, long errors, int batchSize, int topK, Versions versions) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /**
   * @param sha256 of the ONNX file, in hex
   */
  public record Model(String name, String version, String sha256) {}

  public record Versions(String lapidary, String onnxruntime, String spark) {}

  /** The same with what was counted. */
  Manifest counting(long rows, long withErrors) {
    return new Manifest(model, rows, withErrors, batchSize, topK, versions);
  }

  String json() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a manifest is always JSON", e);
    }
  }
}
