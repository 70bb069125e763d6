package dev.lapidary.trainer.run.evaluate;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.manifest.ModelLabels;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Reading;
import dev.lapidary.trainer.data.Scan;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.network.ChosenDevice;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Measures a trained network on labelled images. */
public final class Evaluation {
  private static final int WARMUP = 5;
  private static final int TIMED = 50;
  private static final int WORST = 10;

  /** What to do about a finished network whose answers are no numbers. */
  static final String DIVERGED = "the run that made it has diverged; take an earlier checkpoint";

  private Evaluation() {}

  /**
   * @param p50Millis median time of one image's forward pass
   * @param worst the mistakes with the greatest loss, the greatest first
   */
  public record Result(@JsonUnwrapped Measures measures, double p50Millis, List<Mistake> worst) {}

  /**
   * @param image its name in the data
   * @param confidence of the prediction, in [0, 1]
   */
  public record Mistake(
      String image, String label, String predicted, double confidence, double loss) {}

  /**
   * What was asked for.
   *
   * @param source a run directory or a TorchScript archive with a card
   * @param data labelled images of the card's classes; where they have a part for tests, that part
   */
  public record Request(
      Path source, Path data, OnBadImage onBadImage, String device, int threads) {}

  /**
   * @param progress gets lines about images that are left out, or were trained on
   * @param stop asked after each batch
   * @throws Failure (exit 2) if the source has no card, the device is not here or the data have
   *     other classes; (exit 130) if it is to stop; (exit 1) if an answer is NaN or infinite
   */
  public static Result of(Request request, WorkProgress progress, BooleanSupplier stop) {
    int threads = request.threads();
    TrainedNetwork network = TrainedNetwork.read(request.source());
    TorchScriptArchive archive = network.measurable();
    TorchDevice device = ChosenDevice.of(request.device(), threads, progress);
    Dataset dataset = measured(request, network.card(), progress);
    TrainedOn.warning(network.file(), dataset).ifPresent(progress::say);
    return Libtorch.call(
        threads,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(archive, device.toString());
              Validation validation =
                  new Validation(
                      dataset,
                      network.preprocessing(),
                      threads,
                      0,
                      new Validation.Telling("evaluation", DIVERGED, progress))) {
            ValidationScores scores = validation.score(program, stop).once();
            double p50 = p50Millis(program, dataset, network.preprocessing(), threads);
            return new Result(scores.measures(), p50, worst(scores, dataset));
          }
        });
  }

  private static Dataset measured(Request request, ModelCard card, WorkProgress progress) {
    Path location = request.data();
    Reading reading =
        new Reading(ImageLimits.DEFAULT, request.onBadImage(), card.labels(), progress::say);
    Dataset data = DataFormat.AUTO.readTest(location, reading);
    ModelLabels model = new ModelLabels(card.labels(), card.scoring().several());
    List<Integer> indices = model.indices(location, data.labels(), data.task() == Task.MULTI_LABEL);
    return Scan.readable(
        data.with(card.labels(), indices),
        location,
        request.onBadImage(),
        request.threads(),
        progress);
  }

  private static List<Mistake> worst(ValidationScores scores, Dataset data) {
    return scores.worst(WORST).stream()
        .map(
            p ->
                new Mistake(
                    data.samples().get(p.sample()).name(),
                    p.truth(data.labels()),
                    p.words(data.labels()),
                    p.confidence(),
                    p.loss()))
        .toList();
  }

  private static double p50Millis(
      TrainingProgram program, Dataset data, Preprocessing rule, int threads) {
    program.eval();
    double[] millis = new double[Math.min(TIMED, data.size())];
    try (Loader loader = Loader.evaluation(data, rule, threads, 0);
        Loader.Batches batches = loader.inOrder(1, 0)) {
      Batch first = batches.next();
      for (int i = 0; i < WARMUP; i++) {
        forwardMillis(program, first, rule);
      }
      Batch batch = first;
      for (int i = 0; i < millis.length; i++) {
        millis[i] = forwardMillis(program, batch, rule);
        batch = batches.hasNext() ? batches.next() : batch;
      }
    }
    Arrays.sort(millis);
    return millis[millis.length / 2];
  }

  private static double forwardMillis(TrainingProgram program, Batch batch, Preprocessing rule) {
    try (NDManager step = program.newStep()) {
      var images = BatchTensors.images(step, batch, rule);
      long start = System.nanoTime();
      program.logits(step, images).toFloatArray();
      return (double) (System.nanoTime() - start) / 1e6;
    }
  }
}
