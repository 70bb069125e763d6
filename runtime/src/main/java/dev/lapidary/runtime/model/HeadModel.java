package dev.lapidary.runtime.model;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.session.OnnxSession;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.OnnxTensors;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A head that {@code exporter onnx --head-of} wrote: features in, {@code [N, F]} float32, logits
 * out, {@code [N, classes]}. It classifies images behind the trunk that its card names. It runs on
 * the processor, on the thread that asks. Thread-safe.
 *
 * @param card of both together
 * @param sha256 of the head's file, in hex
 * @param trunk that its card names
 * @param labels one a class, by index
 * @param network features to logits
 * @param session closed with it
 */
public record HeadModel(
    ModelCard card,
    String sha256,
    Trunk trunk,
    List<String> labels,
    TensorNetwork network,
    OnnxSession session)
    implements AutoCloseable {
  public HeadModel {
    labels = List.copyOf(labels);
  }

  /**
   * Empty if the file is no head.
   *
   * @throws Failure (exit 2) if it is one by its card, and not by its graph
   */
  public static Optional<HeadModel> open(Path file) {
    Optional<ModelCard> card = card(new ModelFile.OnDisk(file));
    return card.isEmpty() ? Optional.empty() : Optional.of(open(file, card.get()));
  }

  /** Of a head alone. */
  private static Optional<ModelCard> card(ModelFile file) {
    Optional<String> json;
    try {
      json = file.readMetadata(ModelCard.METADATA_KEY);
    } catch (Failure noOnnx) {
      return Optional.empty();
    }
    return json.filter(text -> text.contains("\"trunk\""))
        .map(text -> CardJson.read(text, file.fileName()))
        .filter(card -> card.trunk().isPresent());
  }

  /**
   * Why a file cannot be opened as a whole network, if that is why.
   *
   * @return to be thrown: exit 2
   */
  static Optional<Failure> alone(ModelFile file) {
    return card(file)
        .flatMap(ModelCard::trunk)
        .map(
            trunk ->
                Failure.badInput(
                    "[%s] it is a head, which takes the features of its trunk and no images:"
                        + " expected the trunk, the file with the SHA-256 %s, beside it; put both"
                        + " into one folder and give that to serve run --model, or export the whole"
                        + " network without --head-of",
                    file.fileName(), trunk.sha256()));
  }

  private static HeadModel open(Path file, ModelCard card) {
    String source = String.valueOf(file.getFileName());
    OnnxSession session = OnnxSession.open(file, Device.cpu(), 1);
    try {
      OnnxTensors tensors = OnnxTensors.of(session, source);
      Trunk trunk = card.trunk().orElseThrow();
      requireForm(tensors, trunk, source);
      List<String> labels = labels(card, tensors.outputs().get(0), source);
      return new HeadModel(card, Sha256.of(file), trunk, labels, tensors, session);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private static void requireForm(TensorNetwork network, Trunk trunk, String source) {
    TensorSpec in = network.inputs().get(0);
    TensorSpec out = network.outputs().get(0);
    boolean fits =
        network.inputs().size() == 1
            && network.outputs().size() == 1
            && in.name().equals(trunk.output())
            && in.type() == DataType.FP32
            && in.shape().equals(List.of(-1L, (long) trunk.features()))
            && out.type() == DataType.FP32
            && out.shape().size() == 2
            && out.isBatched();
    if (!fits) {
      throw Failure.badInput(
          "[%s] it takes %s and gives %s, expected %s float32 [N, %d] as its card says, and float32"
              + " [N, classes]; export it again",
          source, network.inputs(), network.outputs(), trunk.output(), trunk.features());
    }
  }

  private static List<String> labels(ModelCard card, TensorSpec logits, String source) {
    long classes = logits.shape().get(1);
    if (card.labels().isEmpty() && classes > 0) {
      return IntStream.range(0, Math.toIntExact(classes)).mapToObj(Integer::toString).toList();
    }
    if (classes > 0 && card.labels().size() != classes) {
      throw Failure.badInput(
          "[%s] there are %d labels but the head has %d classes; export it again",
          source, card.labels().size(), classes);
    }
    return card.labels();
  }

  /**
   * The trunk with this head behind it: it takes images and gives this head's logits. Both stay
   * their owners'; the result is not to be closed.
   *
   * @throws Failure (exit 2) if the trunk is another one
   */
  public ServedModel behind(ServedModel below) {
    boolean same =
        below.sha256().equals(trunk.sha256())
            && below.signature().output().equals(trunk.output())
            && below.card().map(ModelCard::preprocessing).equals(Optional.of(card.preprocessing()));
    if (!same) {
      throw Failure.badInput(
          "[%s] its trunk is the file with the SHA-256 %s, but this one has %s, gives %s and"
              + " prepares images by %s; export the head again",
          card.name(),
          trunk.sha256(),
          below.sha256(),
          below.signature().output(),
          below.preprocessing().text());
    }
    String output = network.outputs().get(0).name();
    return new ServedModel(
        card.name(),
        card.version(),
        sha256,
        labels,
        new ServedModel.Signature(below.signature().input(), output),
        below.preprocessing(),
        below.batches(),
        (images, count) -> logits(below.network().run(images, count)),
        card.scoring(),
        Optional.of(card),
        Optional.empty(),
        below.session());
  }

  /**
   * One run.
   *
   * @param features row-major {@code [N, F]}
   * @return row-major {@code [N, classes]}
   * @throws TensorNetwork.Unrunnable if there are not F numbers an image, or the network fails
   */
  public float[] logits(float[] features) throws TensorNetwork.Unrunnable {
    int each = trunk.features();
    if (features.length == 0 || features.length % each != 0) {
      throw new TensorNetwork.Unrunnable(
          "the trunk gave %d numbers, expected %d an image".formatted(features.length, each));
    }
    TypedTensor rows =
        FloatNetwork.floats(
            trunk.output(), List.of((long) features.length / each, (long) each), features);
    Set<String> wanted = Set.of(network.outputs().get(0).name());
    return FloatNetwork.values((TypedTensor.Numbers) network.run(List.of(rows), wanted).get(0));
  }

  @Override
  public void close() {
    session.close();
  }
}
