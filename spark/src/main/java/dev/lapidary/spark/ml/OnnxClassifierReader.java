package dev.lapidary.spark.ml;

import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsReader$;
import org.apache.spark.ml.util.MLReader;
import scala.Option;

/** Reads what {@link OnnxClassifierWriter} wrote, wherever it lies now. */
final class OnnxClassifierReader extends MLReader<OnnxClassifier> {
  @Override
  public OnnxClassifier load(String path) {
    DefaultParamsReader.Metadata metadata =
        DefaultParamsReader$.MODULE$.loadMetadata(
            path, sparkSession(), OnnxClassifier.class.getName());
    OnnxClassifier stage = new OnnxClassifier(metadata.uid());
    metadata.getAndSetParams(stage, Option.empty());
    return stage.setModel(path + OnnxClassifierWriter.MODEL);
  }
}
