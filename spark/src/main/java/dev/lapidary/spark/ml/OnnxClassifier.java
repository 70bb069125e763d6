package dev.lapidary.spark.ml;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.measure.RankedClass;
import dev.lapidary.spark.score.ScoredImage;
import dev.lapidary.spark.score.Scorer;
import dev.lapidary.spark.score.ShippedModel;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A stage of a Spark ML pipeline: images in, the classes of an exported ONNX file out, in a struct
 * of {@link ScoredImage#TYPE}. The same rows give the same logits to the bit, however they are
 * partitioned. An image that cannot be read or decoded is a row with its error.
 *
 * <p>A saved stage holds the ONNX file itself, and loads without the place that it came from.
 */
public final class OnnxClassifier extends Transformer implements MLWritable {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final Param<String> model;
  private final Param<String> modelSha256;
  private final Param<String> inputCol;
  private final Param<String> outputCol;
  private final IntParam topK;
  private final IntParam batchSize;

  private transient @Nullable Scorer scorer;
  private transient @Nullable String scorerUri;

  public OnnxClassifier() {
    this(Identifiable$.MODULE$.randomUID("onnxClassifier"));
  }

  /**
   * @param uid of the stage, as Spark ML has it
   */
  public OnnxClassifier(String uid) {
    this.uid = uid; // first: parameters ask whose they are
    this.model = text("model", "URI of an ONNX file with a model card, as exporter onnx writes it");
    this.modelSha256 =
        text("modelSha256", "of the model's file, which is refused if it has another");
    this.inputCol =
        text("inputCol", "column of images: binary, an image file's bytes, or string, its path");
    this.outputCol = text("outputCol", "column of predictions: label, classes, logits, error");
    this.topK =
        number(
            "topK",
            "the most classes of an answer; 0: "
                + RankedClass.DEFAULT_TOP_K
                + ", or all labels from their threshold on where an image has any number of them");
    this.batchSize =
        number(
            "batchSize",
            "images in one run of the network, always; 0: "
                + Scorer.DEFAULT_BATCH_SIZE
                + ", or 1 where an answer depends on the images beside it");
    setDefault(inputCol, "content");
    setDefault(outputCol, "prediction");
    setDefault(topK, 0);
    setDefault(batchSize, 0);
  }

  private Param<String> text(String name, String doc) {
    return new Param<>(this, name, doc);
  }

  private IntParam number(String name, String doc) {
    return new IntParam(this, name, doc);
  }

  @Override
  public String uid() {
    return uid;
  }

  public Param<String> model() {
    return model;
  }

  public Param<String> modelSha256() {
    return modelSha256;
  }

  public Param<String> inputCol() {
    return inputCol;
  }

  public Param<String> outputCol() {
    return outputCol;
  }

  public IntParam topK() {
    return topK;
  }

  public IntParam batchSize() {
    return batchSize;
  }

  public OnnxClassifier setModel(String uri) {
    set(model, uri);
    return this;
  }

  public OnnxClassifier setModelSha256(String hex) {
    set(modelSha256, hex);
    return this;
  }

  public OnnxClassifier setInputCol(String name) {
    set(inputCol, name);
    return this;
  }

  public OnnxClassifier setOutputCol(String name) {
    set(outputCol, name);
    return this;
  }

  public OnnxClassifier setTopK(int max) {
    set(topK, max);
    return this;
  }

  public OnnxClassifier setBatchSize(int images) {
    set(batchSize, images);
    return this;
  }

  /**
   * @throws Failure (exit 2) if the model cannot be loaded or a column does not fit; (exit 3) if
   *     the model does not answer here as its card says
   */
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    return scorer(dataset.sparkSession())
        .score(
            dataset.toDF(),
            getOrDefault(inputCol),
            getOrDefault(outputCol),
            (Integer) getOrDefault(topK),
            (Integer) getOrDefault(batchSize));
  }

  @Override
  public StructType transformSchema(StructType schema) {
    return Scorer.schema(schema, getOrDefault(inputCol), getOrDefault(outputCol));
  }

  /** Read and broadcast once: a stream asks for each of its batches. */
  private synchronized Scorer scorer(SparkSession session) {
    if (!isDefined(model)) {
      throw Failure.badInput("[%s] it has no model; call setModel", uid);
    }
    String uri = getOrDefault(model);
    Scorer known = scorer;
    if (known == null || !known.reaches(session) || !uri.equals(scorerUri)) {
      known = Scorer.of(session, uri);
      scorer = known;
      scorerUri = uri;
    }
    requirePinned(known, uri);
    return known;
  }

  private void requirePinned(Scorer found, String uri) {
    String sha256 = found.file().sha256();
    if (isDefined(modelSha256) && !getOrDefault(modelSha256).equals(sha256)) {
      throw Failure.gate(
          "[%s] its SHA-256 is %s, expected %s (modelSha256); it is not the file that the stage was"
              + " made with",
          uri, sha256, getOrDefault(modelSha256));
    }
  }

  ShippedModel file(SparkSession session) {
    return scorer(session).file();
  }

  @Override
  public OnnxClassifier copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  @Override
  public MLWriter write() {
    return new OnnxClassifierWriter(this);
  }

  /** As Spark ML finds a stage's reader. */
  public static MLReader<OnnxClassifier> read() {
    return new OnnxClassifierReader();
  }

  public static OnnxClassifier load(String path) {
    return read().load(path);
  }
}
