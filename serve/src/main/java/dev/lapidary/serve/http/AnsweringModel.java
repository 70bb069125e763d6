package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.AnswerThreads;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.admission.Pace;
import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** A version that answers: tensors always, images if its file says what they need. */
final class AnsweringModel implements AutoCloseable {
  private final ModelId id;
  private final TensorNetwork tensors;
  private final Batcher batcher;
  private final Pace pace;
  private final Optional<Serving> images;
  private final String whyNoImages;
  private final Runnable end;

  private AnsweringModel(
      ModelId id,
      TensorNetwork tensors,
      Batcher batcher,
      Pace pace,
      Optional<Serving> images,
      String whyNoImages,
      Runnable end) {
    this.id = id;
    this.tensors = tensors;
    this.batcher = batcher;
    this.pace = pace;
    this.images = images;
    this.whyNoImages = whyNoImages;
    this.end = end;
  }

  /**
   * Checks and warms it up, or closes it.
   *
   * @param shadow that gets copies of its images, if it has one
   * @throws LoadFailed if it does not answer its golden images as its card says
   * @throws Failure (exit 2) if the largest batch does not fit into memory
   */
  static AnsweringModel ready(
      ReadModel read,
      ModelId id,
      Admission admission,
      ServerSettings settings,
      Workers workers,
      Optional<Shadow> shadow)
      throws LoadFailed {
    if (read instanceof ReadModel.OfTensors tensors) {
      return ofTensors(tensors.model(), tensors.whyNoImages(), id);
    }
    ReadModel.OfImages images = (ReadModel.OfImages) read;
    ServedModel model = images.model();
    try {
      requireGolden(model);
      for (ServedModel other : images.beside()) {
        requireGolden(other);
      }
      Serving serving = new Serving(images, admission, settings, workers, shadow);
      Warmup.run(serving);
      return new AnsweringModel(
          id,
          model.tensors(),
          serving.batcher(),
          serving.pace(),
          Optional.of(serving),
          "",
          serving::close);
    } catch (LoadFailed | RuntimeException e) {
      images.close();
      throw e;
    }
  }

  private static void requireGolden(ServedModel model) throws LoadFailed {
    Optional<String> failure = model.goldenFailure();
    if (failure.isPresent()) {
      throw new LoadFailed(
          "golden_check_failed",
          model.device().isGpu() ? "on " + model.device() + ": " + failure.get() : failure.get());
    }
  }

  /**
   * Nobody says that its first dimension is a batch, so requests are not run together; but two
   * beside each other.
   */
  private static AnsweringModel ofTensors(TensorModel model, String whyNoImages, ModelId id) {
    ExecutorService answers = AnswerThreads.start();
    TensorNetwork network = model.network();
    Batcher batcher = new Batcher(List.of(network, network), BatchPolicy.greedy(1), answers);
    Runnable end =
        () -> {
          batcher.close();
          answers.shutdown();
          model.close();
        };
    Pace pace = new Pace(1, batcher.statistics(), batcher::executors);
    return new AnsweringModel(id, network, batcher, pace, Optional.empty(), whyNoImages, end);
  }

  ModelId id() {
    return id;
  }

  TensorNetwork tensors() {
    return tensors;
  }

  /** Runs its tensors. */
  Batcher batcher() {
    return batcher;
  }

  /** How long its backlog takes. */
  Pace pace() {
    return pace;
  }

  /** By class; empty where nobody says them. */
  List<String> labels() {
    return images.map(serving -> serving.model().labels()).orElse(List.of());
  }

  /** Empty if it takes none. */
  Optional<Serving> images() {
    return images;
  }

  /**
   * @throws Refusal 400 if it takes none
   */
  Serving requireImages() {
    return images.orElseThrow(
        () ->
            Refusal.badRequest(
                "takes_no_images",
                "the model %s takes no images: %s; send its tensors to /v2/models/%s/infer",
                id.name(),
                whyNoImages,
                id.name()));
  }

  /** As an answer calls it: by its card's words where they are not other than the address. */
  PredictAnswer.ModelId answerId(ServedModel model) {
    String name =
        ModelId.segment(model.name(), "model").equals(id.name()) ? model.name() : id.name();
    String version =
        ModelId.segment(model.version(), "1").equals(id.version()) ? model.version() : id.version();
    return new PredictAnswer.ModelId(name, version, model.sha256());
  }

  /** Answers what it has, then stops. */
  @Override
  public void close() {
    end.run();
  }
}
