package dev.lapidary.runtime.model;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.batch.BatchFunction;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A loaded model with all that is needed to answer.
 *
 * @param sha256 of the file, in hex
 * @param labels one a class, by index
 * @param signature the graph's names
 * @param batches false if images must run one by one: the graph takes one, or what it answers
 *     depends on those beside it
 * @param network its forward pass
 * @param scoring how what it gives becomes an answer
 * @param card what the file says of itself
 * @param note what its user should know of it
 * @param session closed with the model
 */
public record ServedModel(
    String name,
    String version,
    String sha256,
    List<String> labels,
    Signature signature,
    Preprocessing preprocessing,
    boolean batches,
    BatchFunction network,
    Scoring scoring,
    Optional<ModelCard> card,
    Optional<String> note,
    ImageNetwork session)
    implements AutoCloseable {

  /** Names of the graph's one input and one output. */
  public record Signature(String input, String output) {}

  public ServedModel {
    labels = List.copyOf(labels);
  }

  /**
   * Decodes and preprocesses an image file, as training and calibration do. Thread-safe.
   *
   * @return one image as the network takes it, such as {@code [C, H, W]} normalized
   * @throws UndecodableImage if the bytes are no image, or over a limit
   */
  public float[] inputOf(byte[] file, ImageLimits limits) {
    return inputOf(ImageDecoder.decode(file, limits, preprocessing.alpha()));
  }

  /**
   * The same as a tensor to be queued: {@code [1, C, H, W]} numbers, or {@code [1, H, W, C]} levels
   * as bytes.
   *
   * @throws UndecodableImage if the bytes are no image, or over a limit
   */
  public TypedTensor.Numbers tensorOf(byte[] file, ImageLimits limits) {
    return tensorOf(ImageDecoder.decode(file, limits, preprocessing.alpha()));
  }

  private TypedTensor.Numbers tensorOf(RgbImage image) {
    return form().tensor(preprocessor(), image, signature.input(), one());
  }

  private List<Long> one() {
    return form()
        .ofNchw(1, preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth());
  }

  /** Whether it gives features, as of {@code exporter onnx --output features}, and no classes. */
  public boolean givesFeatures() {
    return signature.output().equals("features");
  }

  private InputForm form() {
    return InputForm.of(session.tensors().inputs().get(0));
  }

  /** What runs the network. */
  public InferenceEngine engine() {
    return session.engine();
  }

  /** Threads of one run of the network. */
  public int threads() {
    return session.threads();
  }

  /** What the network runs on. */
  public Device device() {
    return session.device();
  }

  /** Whether its forward pass is the file's, and can be opened once more. */
  public boolean runsItsFile() {
    return network instanceof OwnFunction;
  }

  /**
   * The same network in a session of its own, to be closed.
   *
   * @param threads of one run
   * @throws dev.lapidary.core.failure.Failure (exit 2) if its file has changed, or is gone
   */
  public ImageNetwork again(int threads) {
    return session.again(threads, sha256);
  }

  /** An image of zeros, to run the network on. */
  public TypedTensor.Numbers blank() {
    List<Long> shape = one();
    TensorSpec input = session.tensors().inputs().get(0);
    int bytes = Math.toIntExact(TensorShapes.elements(shape)) * input.type().size();
    return new TypedTensor.Numbers(input.name(), input.type(), shape, ByteBuffer.allocate(bytes));
  }

  /** Its forward pass on tensors: of {@link #tensorOf} to {@code [N, classes]}. */
  public TensorNetwork tensors() {
    TensorNetwork own = session.tensors();
    return network instanceof OwnFunction
        ? own
        : new FloatNetwork(network, own.inputs().get(0), own.outputs().get(0));
  }

  private boolean takesAnySize() {
    return card.filter(c -> c.input().anySize()).isPresent();
  }

  private Preprocessor preprocessor() {
    return card.filter(c -> c.input().anySize())
        .flatMap(ModelCard::preprocessing)
        .map(Preprocessor::beforeResize)
        .orElseGet(() -> Preprocessor.of(preprocessing));
  }

  /** The image as it is, so that the graph's resize is proven as well; its answers by all ways. */
  private GoldenCheck.Answer answerOfAnySize(RgbImage image) {
    ByteBuffer levels = ByteBuffer.wrap(image.pixels());
    List<Long> shape = List.of(1L, (long) image.height(), (long) image.width(), 3L);
    TypedTensor whole =
        new TypedTensor.Numbers(signature.input(), DataType.UINT8, shape, levels.duplicate());
    return new GoldenCheck.Answer(levels, () -> run(runsItsFile() ? whole : tensorOf(image)));
  }

  private float[] run(TypedTensor image) {
    try {
      TypedTensor answer = tensors().run(List.of(image), Set.of(signature.output())).get(0);
      return FloatNetwork.values((TypedTensor.Numbers) answer);
    } catch (Exception e) {
      throw new IllegalStateException("the network failed on its own golden image", e);
    }
  }

  private float[] inputOf(RgbImage image) {
    float[] input = new float[preprocessing.inputLength()];
    form().fill(preprocessor(), image, input);
    return input;
  }

  /**
   * Why the model must not be served: what it answers to the golden images of its card is not what
   * the card says. Empty if it may, or if the card has no images.
   */
  public Optional<String> goldenFailure() {
    return card.flatMap(
            c -> GoldenCheck.of(goldenHere(c), preprocessing.alpha(), scoring, this::answer))
        .map(GoldenCheck.Difference::reason);
  }

  /** A GPU that computes in fewer bits than the processors has a bound of its own. */
  private List<ModelCard.GoldenImage> goldenHere(ModelCard told) {
    boolean half = told.quantization().filter(q -> q.method().equals("fp16")).isPresent();
    return withBound(told.golden(), device().logitBound(half));
  }

  /**
   * @param bound a share of the largest |logit|; a tolerance that is larger stays
   */
  static List<ModelCard.GoldenImage> withBound(List<ModelCard.GoldenImage> images, double bound) {
    return images.stream()
        .map(
            image -> {
              double maximum = image.logits().stream().mapToDouble(Math::abs).max().orElse(0);
              return new ModelCard.GoldenImage(
                  image.pngBase64(),
                  image.inputSha256(),
                  image.logits(),
                  Math.max(image.tolerance(), bound * maximum));
            })
        .toList();
  }

  private GoldenCheck.Answer answer(RgbImage image) {
    if (takesAnySize()) {
      return answerOfAnySize(image);
    }
    TypedTensor.Numbers input = tensorOf(image);
    return new GoldenCheck.Answer(input.data(), () -> run(input));
  }

  /** The same model behind another forward pass, such as one that waits. */
  public ServedModel withNetwork(BatchFunction other) {
    return new ServedModel(
        name,
        version,
        sha256,
        labels,
        signature,
        preprocessing,
        batches,
        other,
        scoring,
        card,
        note,
        session);
  }

  @Override
  public void close() {
    session.close();
  }
}
