package dev.lapidary.trainer.run.delivery;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.augment.ContactSheet;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.Sample;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Answer;
import dev.lapidary.trainer.report.DataAudit;
import dev.lapidary.trainer.report.EpochMetrics;
import dev.lapidary.trainer.report.EventFile;
import dev.lapidary.trainer.report.RateGroup;
import dev.lapidary.trainer.report.ReportPage;
import dev.lapidary.trainer.report.RunReport;
import dev.lapidary.trainer.report.RunReport.Measured;
import dev.lapidary.trainer.report.RunReport.Shown;
import dev.lapidary.trainer.report.StagePlan;
import dev.lapidary.trainer.report.Thumbnail;
import dev.lapidary.trainer.run.evaluate.ValidationScores;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.Network;
import dev.lapidary.trainer.run.planning.StagePlans;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Keeps {@code report.html} and TensorBoard's events of a run up to date. */
public final class Reports implements AutoCloseable {
  private static final int MISTAKES = 24;
  private static final int SAMPLES = 12;
  private static final int VIEWED = 4;
  private static final int VIEWS = 6;

  private final RunDirectory directory;
  private final RunInputs inputs;
  private final List<StagePlan> stages;
  private final List<RunReport.Views> views;
  private final EventFile events;

  /**
   * @param doneSteps before this process
   */
  public Reports(RunDirectory directory, RunInputs inputs, TrainingProgram program, long doneSteps)
      throws IOException {
    this.directory = directory;
    this.inputs = inputs;
    this.stages = StagePlans.of(inputs, program);
    this.views = views();
    this.events = EventFile.open(directory.tensorboard(), doneSteps, Clock.systemUTC());
  }

  /**
   * @param epochs of the whole run so far
   * @param stage index of the one that the last epoch belongs to
   */
  public void epoch(List<EpochMetrics> epochs, int stage, ValidationScores validation)
      throws IOException {
    EpochMetrics last = epochs.get(epochs.size() - 1);
    events.scalars(last.step(), scalars(last, stages.get(stage)));
    String state = "after epoch %d of %d".formatted(last.epoch(), inputs.config().epochs());
    Dataset images = inputs.data().validation();
    write(epochs, state, List.of(measured("Validation", state, images, validation)));
  }

  /**
   * @param delivered of {@code model.pt}
   */
  public void end(List<EpochMetrics> epochs, DeliveredScores delivered) throws IOException {
    List<Measured> all = new ArrayList<>();
    delivered
        .test()
        .ifPresent(
            test ->
                all.add(
                    measured(
                        "Test",
                        "which nothing was chosen by, with the delivered model",
                        inputs.data().test().orElseThrow(),
                        test)));
    all.add(
        measured(
            "Validation",
            "with the delivered model",
            inputs.data().validation(),
            delivered.validation()));
    write(epochs, "finished after " + epochs.size() + " epochs", all);
  }

  @Override
  public void close() throws IOException {
    events.close();
  }

  private void write(List<EpochMetrics> epochs, String state, List<Measured> measured)
      throws IOException {
    Network network = inputs.network();
    String name = inputs.config().model().name();
    String architecture = network.architecture();
    String shown = architecture.substring(architecture.lastIndexOf('.') + 1); // of a class's path
    RunReport report =
        new RunReport(
            name.isBlank() ? shown : name,
            shown,
            state,
            inputs.identity().runId(),
            network.weightsSource(),
            inputs.identity().libtorch(),
            epochs,
            stages,
            DataAudit.of(inputs.data(), inputs.notes()),
            measured,
            views);
    AtomicFile.write(directory.report(), file -> Files.writeString(file, ReportPage.of(report)));
  }

  private static Map<String, Double> scalars(EpochMetrics m, StagePlan stage) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss/train", m.trainLoss());
    values.put("loss/validation", m.valLoss());
    String exact = m.valMap().isPresent() ? "exact_match" : "accuracy";
    values.put(exact + "/train", m.trainAccuracy());
    values.put(exact + "/validation", m.valAccuracy());
    m.valBalancedAccuracy().ifPresent(mean -> values.put("balanced_accuracy/validation", mean));
    m.valMap().ifPresent(map -> values.put("map/validation", map));
    m.valMicroF1().ifPresent(f1 -> values.put("f1_micro/validation", f1));
    m.valMacroF1().ifPresent(f1 -> values.put("f1_macro/validation", f1));
    List<RateGroup> groups = RateGroup.of(stage);
    double highest = groups.stream().mapToDouble(RateGroup::rate).max().orElse(0);
    for (RateGroup group : groups) {
      values.put("rate/" + group.name(), highest == 0 ? 0 : m.lr() * group.rate() / highest);
    }
    return values;
  }

  private Measured measured(String title, String note, Dataset images, ValidationScores scores) {
    List<Answer> mistakes = scores.worst(MISTAKES);
    List<Answer> samples = evenly(scores.answers(), SAMPLES);
    return new Measured(
        title, note, scores.measures(), shown(images, samples), shown(images, mistakes));
  }

  private List<Shown> shown(Dataset images, List<Answer> answers) {
    Preprocessor preprocessor = Preprocessor.of(inputs.network().preprocessing());
    List<Shown> all = new ArrayList<>();
    for (Answer answer : answers) {
      Sample sample = images.samples().get(answer.sample());
      all.add(
          new Shown(
              sample.name(),
              answer.truth(images.labels()),
              answer.words(images.labels()),
              answer.confidence(),
              Thumbnail.of(preprocessor.view(image(images, sample)))));
    }
    return all;
  }

  /** Of some training images, evenly chosen, under the last stage's augmentation. */
  private List<RunReport.Views> views() {
    Dataset train = inputs.data().train();
    List<StageConfig> all = inputs.config().stages();
    Augmentation augmentation = inputs.augmentation(all.get(all.size() - 1));
    Preprocessor preprocessor = Preprocessor.of(inputs.network().preprocessing());
    ContactSheet sheet = new ContactSheet(preprocessor, augmentation, VIEWS);
    List<Sample> chosen = evenly(train.samples(), VIEWED);
    chosen.forEach(sample -> sheet.add(image(train, sample)));
    List<RunReport.Views> views = new ArrayList<>();
    for (int i = 0; i < chosen.size(); i++) {
      List<Thumbnail> pictures = sheet.rows().get(i).stream().map(Thumbnail::of).toList();
      views.add(new RunReport.Views(chosen.get(i).name(), pictures));
    }
    return views;
  }

  /** So many of a list, evenly chosen. */
  private static <T> List<T> evenly(List<T> all, int count) {
    int chosen = Math.min(count, all.size());
    return IntStream.range(0, chosen)
        .mapToObj(i -> all.get((int) ((long) i * all.size() / chosen)))
        .toList();
  }

  private RgbImage image(Dataset images, Sample sample) {
    try {
      return images.pictures().image(sample, inputs.network().preprocessing().alpha());
    } catch (UndecodableImage | IOException e) {
      throw Failure.failed(
          "[%s] the image could be read at the start and cannot now: %s", sample.name(), e);
    }
  }
}
