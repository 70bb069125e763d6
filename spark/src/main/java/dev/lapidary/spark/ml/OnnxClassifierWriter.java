package dev.lapidary.spark.ml;

import dev.lapidary.spark.score.ShippedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.SparkSession;

/** {@code metadata/} as all stages have it, and the ONNX file beside it. */
final class OnnxClassifierWriter extends MLWriter {
  static final String MODEL = "/model.onnx";

  private final OnnxClassifier stage;

  OnnxClassifierWriter(OnnxClassifier stage) {
    this.stage = stage;
  }

  @Override
  public void saveImpl(String path) {
    SparkSession session = sparkSession();
    ShippedModel file = stage.file(session);
    OnnxClassifier pinned = stage.copy(ParamMap.empty()).setModelSha256(file.sha256());
    DefaultParamsWriter$.MODULE$.saveMetadata(pinned, path, session);
    try {
      file.write(path + MODEL, session.sessionState().newHadoopConf());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
