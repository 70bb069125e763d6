package dev.lapidary.spark.sql;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.spark.score.ScoredImage;
import dev.lapidary.spark.score.Scorer;
import org.apache.spark.sql.SparkSession;

/**
 * A function of SQL: {@code SELECT path, classify(content).label FROM photos}. It takes the bytes
 * of an image file and gives a struct of {@link ScoredImage#TYPE}. SQL calls it with one image at a
 * time, so its logits are those of a batch size of 1; {@code OnnxClassifier} fills batches.
 */
public final class OnnxFunction {
  private OnnxFunction() {}

  /**
   * @param name in SQL, such as {@code classify}
   * @param model an ONNX file's URI
   * @throws Failure (exit 2) if the model cannot be loaded; (exit 3) if it does not answer here as
   *     its card says
   */
  public static void register(SparkSession session, String name, String model) {
    session.udf().register(name, Scorer.of(session, model).function(0), ScoredImage.TYPE);
  }
}
