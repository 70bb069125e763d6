package dev.lapidary.trainer.run.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.models.surgery.LayerOutput;
import dev.lapidary.models.zoo.HeadSearch;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Reading;
import dev.lapidary.trainer.data.Scan;
import dev.lapidary.trainer.data.UnlabelledImages;
import dev.lapidary.trainer.embedding.EmbeddingFile;
import dev.lapidary.trainer.embedding.EmbeddingFormat;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.network.ChosenDevice;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.StopRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a network computes inside, for each image of a folder, labelled or not: embeddings, to
 * search or to classify by something else.
 */
public final class Features {
  /** The word for what goes into the last layer. */
  public static final String FEATURES = "features";

  private Features() {}

  /**
   * What was asked for.
   *
   * @param source a run directory or a TorchScript archive with a card
   * @param layer a module's path, or {@link #FEATURES}
   * @param pooled whether an embedding [C, H, W] becomes its mean over height and width, [C]
   */
  public record Request(
      Path source,
      Path data,
      OnBadImage onBadImage,
      String layer,
      boolean pooled,
      String device,
      int threads) {
    private Request on(TorchDevice found) {
      return new Request(source, data, onBadImage, layer, pooled, found.toString(), threads);
    }
  }

  /**
   * What was written.
   *
   * @param shape of one image's embedding
   */
  public record Written(int images, List<Long> shape) {}

  /**
   * Writes float32 embeddings with int64 labels, the classes' names and paths relative to the data,
   * as the file's name says: {@link EmbeddingFormat}.
   *
   * @param progress gets lines about images that are left out, and the count of those done
   * @param stop asked after each batch: then nothing is written
   * @throws Failure (exit 2) if the source has no card, no such layer, the device is not here, or
   *     the data cannot be read; (exit 1) if an embedding is NaN or infinite
   */
  public static Written write(Request asked, Path out, WorkProgress progress, BooleanSupplier stop)
      throws IOException {
    EmbeddingFormat format = EmbeddingFormat.of(out);
    TrainedNetwork network = TrainedNetwork.read(asked.source());
    TorchScriptArchive cut =
        asked.layer().equals(FEATURES)
            ? LayerOutput.inputOf(
                network.archive(),
                HeadSearch.find(network.archive(), network.image()).get(0).name())
            : LayerOutput.of(network.archive(), asked.layer());
    Request request = asked.on(ChosenDevice.of(asked.device(), asked.threads(), progress));
    OnBadImage rule = request.onBadImage();
    Dataset listed = listed(request, network.card(), progress);
    Dataset data = Scan.readable(listed, request.data(), rule, request.threads(), progress);
    Written[] written = new Written[1];
    AtomicFile.write(
        out,
        temporary ->
            written[0] =
                Libtorch.call(
                    request.threads(),
                    () ->
                        fill(
                            cut,
                            data,
                            network.preprocessing(),
                            request,
                            format,
                            temporary,
                            progress,
                            stop)));
    return written[0];
  }

  private static Dataset listed(Request request, ModelCard card, WorkProgress progress) {
    if (UnlabelledImages.isUnlabelled(request.data())) {
      return UnlabelledImages.of(List.of(request.data()), progress);
    }
    Reading reading =
        new Reading(ImageLimits.DEFAULT, request.onBadImage(), card.labels(), progress::say);
    return DataFormat.AUTO.read(request.data(), reading);
  }

  private static Written fill(
      TorchScriptArchive cut,
      Dataset data,
      Preprocessing rule,
      Request request,
      EmbeddingFormat format,
      Path file,
      WorkProgress progress,
      BooleanSupplier stop)
      throws IOException {
    try (TrainingProgram program = TrainingProgram.open(cut, request.device());
        Loader loader = Loader.evaluation(data, rule, request.threads(), 0);
        Loader.Batches batches = loader.inOrder(BatchTensors.EVALUATED_AT_ONCE, 0)) {
      program.eval();
      Values first = values(program, batches.next(), rule, request);
      try (EmbeddingFile out = EmbeddingFile.create(format, file, data, first.shape)) {
        out.add(first.numbers);
        int done = first.images;
        progress.count(FEATURES, done, data.size());
        StopRequest.requireNone(stop);
        while (batches.hasNext()) {
          Values next = values(program, batches.next(), rule, request);
          out.add(next.numbers);
          done += next.images;
          progress.count(FEATURES, done, data.size());
          StopRequest.requireNone(stop);
        }
        out.finish();
      }
      return new Written(data.size(), first.shape);
    }
  }

  /** Of one batch; never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Values(int images, List<Long> shape, float[] numbers) {}

  private static Values values(
      TrainingProgram program, Batch batch, Preprocessing rule, Request request) {
    try (NDManager step = program.newStep()) {
      NDArray values =
          pooled(program.logits(step, BatchTensors.images(step, batch, rule)), request);
      long[] shape = values.getShape().getShape();
      List<Long> one = Arrays.stream(shape).skip(1).boxed().toList();
      float[] numbers = values.toFloatArray();
      NotFinite.requireFinite(numbers, "an embedding", Evaluation.DIVERGED);
      return new Values(batch.count(), one, numbers);
    }
  }

  private static NDArray pooled(NDArray values, Request request) {
    if (!request.pooled()) {
      return values;
    }
    if (values.getShape().dimension() != 4) {
      throw Failure.badInput(
          "%s gives %s; only [N, C, H, W] can be pooled", request.layer(), values.getShape());
    }
    return values.mean(new int[] {3}).mean(new int[] {2}); // one dimension a call is all it takes
  }
}
