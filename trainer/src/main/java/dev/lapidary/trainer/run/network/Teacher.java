package dev.lapidary.trainer.run.network;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.program.TrainingProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A trained network whose logits another one learns; always in eval mode, without gradients. */
public record Teacher(TrainingProgram program) implements AutoCloseable {

  /** Opens what a configuration names, as {@link #open}; empty if it names none. */
  public static Optional<Teacher> of(
      RunConfig config, Task task, List<String> labels, Network network) {
    Optional<Path> file = config.loss().teacher().map(Path::of);
    return file.map(f -> open(f, config.firstDevice(), task, labels, network.preprocessing()));
  }

  /**
   * @param task that it must have learned
   * @param labels that it must know, in this order
   * @param preprocessing of the images that it will see
   * @throws Failure (exit 2) if it knows other classes or wants other images
   */
  static Teacher open(
      Path source, String device, Task task, List<String> labels, Preprocessing preprocessing) {
    Path file = requireFile(source);
    TorchScriptArchive read = NetworkFile.read(file);
    Optional<ModelCard> card = Network.card(read, file);
    card.ifPresent(c -> requireSame(file, c, task, labels, preprocessing));
    TraceOptions image = Network.traceOptions(preprocessing);
    requireKind(file, LogitsEnd.of(read, image), task);
    TorchScriptArchive archive = LogitsEnd.measurable(read, card, file, image);
    TrainingProgram program = TrainingProgram.open(archive, device);
    program.eval();
    Teacher teacher = new Teacher(program);
    try {
      teacher.requireClasses(file, labels.size(), preprocessing);
    } catch (Failure e) {
      program.close();
      throw e;
    }
    return teacher;
  }

  /** The network's file, also of a run. */
  public static Path requireFile(Path source) {
    Path file = NetworkFile.at(source);
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput("%s: there is no such teacher", file);
    }
    return file;
  }

  /** [N, classes] float32, in the manager of the images [N, C, H, W]. */
  public NDArray logits(NDManager step, NDArray images) {
    return program.logits(step, images);
  }

  @Override
  public void close() {
    program.close();
  }

  private static void requireSame(
      Path file, ModelCard card, Task task, List<String> labels, Preprocessing preprocessing) {
    if (card.activation() != task.activation()) {
      throw Failure.badInput(
          "[%s] the teacher learned data of another kind: these have %s", file, task.words());
    }
    if (!card.labels().isEmpty() && !card.labels().equals(labels)) {
      throw Failure.badInput(
          "[%s] the teacher's classes are %s but the data's are %s", file, card.labels(), labels);
    }
    card.preprocessing()
        .filter(p -> !p.mean().equals(preprocessing.mean()) || !p.std().equals(preprocessing.std()))
        .ifPresent(
            p -> {
              throw Failure.badInput(
                  "[%s] the teacher expects images of mean %s and std %s but this run makes them of"
                      + " mean %s and std %s",
                  file, p.mean(), p.std(), preprocessing.mean(), preprocessing.std());
            });
  }

  private static void requireKind(Path file, Ending ending, Task task) {
    if (ending.isOfClasses() && task == Task.MULTI_LABEL) {
      throw Failure.badInput(
          "[%s] the teacher ends in a %s, of classes of which an image has one: these have %s",
          file, ending.words(), task.words());
    }
  }

  private void requireClasses(Path file, int classes, Preprocessing rule) {
    try (NDManager step = program.newStep()) {
      Shape input = new Shape(1, rule.channels(), rule.cropHeight(), rule.cropWidth());
      Shape answer = program.logits(step, step.zeros(input)).getShape();
      if (!answer.equals(new Shape(1, classes))) {
        throw Failure.badInput(
            "[%s] the teacher answers %s for one image; %d classes are [1, %d]",
            file, answer, classes, classes);
      }
    } catch (EngineException e) {
      throw Failure.badInput(
          "[%s] the teacher cannot take images of %d x %d pixels",
          file, rule.cropHeight(), rule.cropWidth());
    }
  }
}
