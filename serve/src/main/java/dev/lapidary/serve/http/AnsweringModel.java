package dev.lapidary.serve.http;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.batch.AnswerThreads;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.serve.admission.Admission;
import dev.lapidary.serve.admission.Pace;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.LoadFailed;
import dev.lapidary.serve.repository.ModelId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * A version that answers: tensors always, images if its file says what they need, or behind its
 * trunk if it is a head.
 *
 * @param batcher runs its tensors
 * @param pace how long its backlog takes
 * @param images empty if it takes none
 * @param head empty if it is none
 * @param whyNoImages in one line, where it takes none
 * @param end answers what it has, then stops
 */
record AnsweringModel(
    ModelId id,
    TensorNetwork tensors,
    Batcher batcher,
    Pace pace,
    Optional<Serving> images,
    Optional<HeadServing<AnsweringModel>> head,
    String whyNoImages,
    Runnable end)
    implements AutoCloseable {
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
          Optional.empty(),
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
    TensorNetwork network = model.network();
    return ofTensors(
        List.of(network, network),
        BatchPolicy.greedy(1),
        id,
        Optional.empty(),
        whyNoImages,
        model::close);
  }

  /**
   * Checks a head behind its trunk. Features that come as tensors are batched: its card says that
   * their first dimension is a batch.
   *
   * @param trunk closed with it, or if it is refused
   * @throws LoadFailed if both together do not answer its golden images as its card says
   * @throws Failure (exit 2) if they do not fit
   */
  static AnsweringModel ofHead(
      HeadModel model, ModelId id, Lease<AnsweringModel> trunk, ServerSettings settings)
      throws LoadFailed {
    HeadServing<AnsweringModel> head =
        HeadServing.of(model, trunk, trunk.model().requireImages().model());
    try {
      requireGolden(head.model());
    } catch (LoadFailed | RuntimeException e) {
      head.close();
      throw e;
    }
    return ofTensors(
        List.of(model.network()),
        settings.batch(),
        id,
        Optional.of(head),
        "by this way it is given features",
        head::close);
  }

  private static AnsweringModel ofTensors(
      List<TensorNetwork> networks,
      BatchPolicy policy,
      ModelId id,
      Optional<HeadServing<AnsweringModel>> head,
      String whyNoImages,
      Runnable close) {
    ExecutorService answers = AnswerThreads.start();
    Batcher batcher = new Batcher(networks, policy, answers);
    Runnable end =
        () -> {
          batcher.close();
          answers.shutdown();
          close.run();
        };
    Pace pace = new Pace(1, batcher.statistics(), batcher::executors);
    return new AnsweringModel(
        id, networks.get(0), batcher, pace, Optional.empty(), head, whyNoImages, end);
  }

  /** What runs it; tensors alone are ONNX Runtime's. */
  InferenceEngine engine() {
    return images.map(serving -> serving.model().engine()).orElse(InferenceEngine.ONNXRUNTIME);
  }

  /** By class; empty where nobody says them. */
  List<String> labels() {
    return head.map(HeadServing::model)
        .or(() -> images.map(Serving::model))
        .map(ServedModel::labels)
        .orElse(List.of());
  }

  /** What images are answered with; empty if none are, or if it only gives features. */
  Optional<ServedModel> classifier() {
    return head.map(HeadServing::model)
        .or(() -> images.map(Serving::model).filter(model -> !model.givesFeatures()));
  }

  /** Whether it is a head that takes this network's features. */
  boolean isHeadOf(ServedModel trunk) {
    return head.filter(own -> own.isOf(trunk)).isPresent();
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

  /**
   * @throws Refusal 400 if it takes none, nor does a trunk for it
   */
  void requireAnswersImages() {
    if (head.isEmpty()) {
      requireImages();
    }
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
