package dev.lapidary.spark.score;

import dev.lapidary.core.measure.RankedClass;
import dev.lapidary.runtime.model.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What became of one image: classes and logits, or why there are none. In a table it is a struct of
 * {@link #TYPE}.
 *
 * @param classes the most probable first; the same as {@code serve} answers
 * @param logits one a class, as the network gives them; empty with an error
 * @param error why the image has no answer
 */
public record ScoredImage(List<RankedClass> classes, List<Float> logits, Optional<String> error) {

  public static final String CLASSES = "classes";
  public static final String LOGITS = "logits";
  public static final String ERROR = "error";

  private static final StructType CLASS =
      new StructType()
          .add("label", DataTypes.StringType, false)
          .add("index", DataTypes.IntegerType, false)
          .add("probability", DataTypes.DoubleType, false);

  /** {@code struct<label, classes array<struct<label, index, probability>>, logits, error>}. */
  public static final StructType TYPE =
      new StructType()
          .add("label", DataTypes.StringType)
          .add(CLASSES, DataTypes.createArrayType(CLASS, false))
          .add(LOGITS, DataTypes.createArrayType(DataTypes.FloatType, false))
          .add(ERROR, DataTypes.StringType);

  public ScoredImage {
    classes = List.copyOf(classes);
    logits = List.copyOf(logits);
  }

  static ScoredImage failed(String reason) {
    return new ScoredImage(List.of(), List.of(), Optional.of(reason));
  }

  /**
   * @param outputs of one image, [classes]
   * @param topK the most classes; 0: {@link RankedClass#DEFAULT_TOP_K} of exclusive classes, and
   *     all labels from their threshold on where an image has any number of them
   */
  static ScoredImage of(float[] outputs, ServedModel model, int topK) {
    double[] probabilities = model.scoring().probabilities(outputs);
    List<Float> logits = new ArrayList<>(outputs.length);
    for (int i = 0; i < outputs.length; i++) {
      if (Double.isNaN(probabilities[i])) {
        return failed("the network's logits are not finite");
      }
      logits.add(outputs[i]);
    }
    List<RankedClass> classes =
        RankedClass.of(
            outputs,
            model.scoring(),
            model.labels(),
            topK > 0 ? OptionalInt.of(topK) : OptionalInt.empty(),
            OptionalDouble.empty());
    return new ScoredImage(classes, logits, Optional.empty());
  }

  /** As {@link #TYPE} has it. */
  public Row toRow() {
    if (error.isPresent()) {
      return RowFactory.create(null, null, null, error.get());
    }
    Object[] ranked =
        classes.stream()
            .map(c -> RowFactory.create(c.label(), c.index(), c.probability()))
            .toArray();
    Object best = classes.isEmpty() ? null : classes.get(0).label();
    return RowFactory.create(best, ranked, logits.toArray(Float[]::new), null);
  }
}
