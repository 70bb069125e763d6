package dev.lapidary.trainer.run.loop;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Interval;
import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.delivery.DeliveredScores;
import dev.lapidary.trainer.run.delivery.Delivery;
import dev.lapidary.trainer.run.delivery.Reports;
import dev.lapidary.trainer.run.evaluate.Validation;
import dev.lapidary.trainer.run.evaluate.ValidationScores;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.stage.TrainedWeights;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** What comes after the last step: the chosen weights are measured, reported and delivered. */
record Completion(
    RunDirectory directory,
    RunInputs inputs,
    TrainingProgram program,
    TrainedWeights weights,
    Validation validation,
    Progress progress) {

  /**
   * @param best epoch, whose weights are in the checkpoints
   * @param steps of the whole run
   */
  void deliver(Best best, long steps, Reports reports) throws IOException {
    boolean last = inputs.config().checkpoints().deliver() == RunConfig.Deliver.LAST;
    Map<String, Tensor> tensors =
        last ? weights.delivered() : new Checkpoints(directory.checkpoints()).readBest(best.file());
    NotFinite.requireFinite(tensors, "the weights to deliver:", directory.remedy());
    weights.write(tensors, directory.checkpoints());
    DeliveredScores measured = new DeliveredScores(validation.score(program), test());
    reports.end(MetricsLog.epochs(directory.metrics()), measured);
    Delivery.write(directory, inputs, tensors, measured);
    progress.say(
        Phrase.of(
            "%s: validation %s %.4f after step %d",
            directory.model(),
            measured.validation().scoreName(bestBy()),
            measured.validation().score(bestBy()),
            last ? steps : best.step()));
    progress.say(
        "%s shows its curves and mistakes; next: exporter onnx %s --out model.onnx"
            .formatted(directory.report(), directory.root()));
  }

  /** The one look at the test images. */
  private Optional<ValidationScores> test() {
    if (inputs.data().test().isEmpty()) {
      return Optional.empty();
    }
    Dataset images = inputs.data().test().get();
    int threads = inputs.config().threads();
    Validation.Telling telling = new Validation.Telling("test", directory.remedy(), progress);
    try (Validation test =
        new Validation(images, inputs.network().preprocessing(), threads, 0, telling)) {
      ValidationScores scores = test.score(program).once();
      progress.say(
          line(scores.measures())
              + scores
                  .balancedAccuracy(bestBy())
                  .map(mean -> Phrase.of("; balanced accuracy %.4f", mean))
                  .orElse(""));
      return Optional.of(scores);
    }
  }

  private BestBy bestBy() {
    return inputs.config().checkpoints().bestBy();
  }

  private static String line(Measures measures) {
    Interval interval = measures.scoreInterval();
    return Phrase.of(
        "test %s %.4f on %d images, 95 %% interval %.4f to %.4f",
        measures.scoreName(), measures.score(), measures.images(), interval.low(), interval.high());
  }
}
