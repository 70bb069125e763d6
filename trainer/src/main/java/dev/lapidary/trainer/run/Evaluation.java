package dev.lapidary.trainer.run;

import ai.djl.ndarray.NDManager;
import dev.lapidary.models.archive.ArchiveReader;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageLimits;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.models.image.Preprocessor;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.View;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TrainingProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Measures a trained network on labelled images. */
public final class Evaluation {
  private static final int WARMUP = 5;
  private static final int TIMED = 50;

  private Evaluation() {}

  /**
   * @param loss mean cross-entropy
   * @param accuracy in [0, 1]
   * @param p50Millis median time of one image's forward pass
   */
  public record Result(int images, int classes, double accuracy, double loss, double p50Millis) {}

  /**
   * @param source a run directory or a TorchScript archive with a card
   * @param data labelled images of the card's classes
   * @throws Failure (exit 2) if the source has no card or the data other classes
   */
  public static Result of(Path source, Path data, String device, int threads) {
    Path file = archiveOf(source);
    TorchScriptArchive archive = ArchiveReader.read(file);
    ModelCard card = card(archive, file);
    Preprocessing preprocessing =
        card.preprocessing()
            .orElseThrow(() -> Failure.badInput("[%s] its model card has no preprocessing", file));
    Dataset dataset = DataFormat.AUTO.read(data, ImageLimits.DEFAULT);
    if (!dataset.labels().equals(card.labels())) {
      throw Failure.badInput(
          "[%s] its classes are %s but the model's are %s", data, dataset.labels(), card.labels());
    }
    return Libtorch.call(
        threads,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(archive, device);
              Validation validation = new Validation(dataset, preprocessing, threads, 0)) {
            Scores scores = validation.score(program);
            double p50 = p50Millis(program, dataset, preprocessing, threads);
            return new Result(
                scores.images(), card.labels().size(), scores.accuracy(), scores.loss(), p50);
          }
        });
  }

  private static Path archiveOf(Path source) {
    if (Files.isRegularFile(source)) {
      return source;
    }
    RunDirectory.requireRun(source);
    Path model = RunDirectory.modelOf(source);
    if (!Files.isRegularFile(model)) {
      throw Failure.badInput(
          "%s has no model.pt yet: the run is not finished; go on with 'trainer resume %s'",
          source, source);
    }
    return model;
  }

  private static ModelCard card(TorchScriptArchive archive, Path file) {
    byte[] json = archive.extra().get(TorchScriptArchive.CARD);
    if (json == null) {
      throw Failure.badInput("[%s] it has no model card; evaluate a file of trainer run", file);
    }
    return CardJson.read(json, file.toString());
  }

  private static double p50Millis(
      TrainingProgram program, Dataset data, Preprocessing rule, int threads) {
    program.eval();
    double[] millis = new double[Math.min(TIMED, data.size())];
    Preprocessor preprocessor = Preprocessor.of(rule);
    int[] order = EpochOrder.AS_LISTED.samples(data, 0, 0);
    try (Loader loader = Loader.of(data, preprocessor, View.evaluation(preprocessor), threads, 0);
        Loader.Batches batches = loader.batches(order, 1, 0, 0)) {
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
      var images = Validation.images(step, batch, rule);
      long start = System.nanoTime();
      program.logits(step, images).toFloatArray();
      return (double) (System.nanoTime() - start) / 1e6;
    }
  }
}
