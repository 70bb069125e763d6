package dev.lapidary.trainer.run.step;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.RandomStream;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.EpochImages;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.PrecisionChoice;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.LossScale;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.network.Teacher;
import dev.lapidary.trainer.run.stage.StageRun;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * One optimizer step: as many batches as the stage accumulates, their images weighing equally, then
 * the update.
 *
 * @param program in train mode
 * @param teacher whose logits are distilled
 * @param checkpoints where the last good one is
 */
public record TrainingStep(
    RunInputs inputs,
    TrainingProgram program,
    LossOptions loss,
    Optional<Teacher> teacher,
    TrainingClock clock,
    Progress progress,
    Path checkpoints) {

  public static TrainingStep of(
      RunInputs inputs,
      TrainingProgram program,
      Optional<Teacher> teacher,
      TrainingClock clock,
      Progress progress,
      Path checkpoints) {
    LossOptions loss = inputs.loss();
    return new TrainingStep(inputs, program, loss, teacher, clock, progress, checkpoints);
  }

  /**
   * The batches that it used up, and their images' loss and hits.
   *
   * @param steps in which the parameters changed: fp16's overflow skips the update
   */
  public record Done(long batches, Sums sums, Adapted adapted, int steps) {}

  /**
   * What of a step one worker does.
   *
   * @param images of its own
   * @param ofStep images of all workers
   */
  public record Part(long images, long ofStep, Shard shard) {}

  /**
   * The gradients of a step's batches, summed; their images' loss and hits.
   *
   * @param gradients live as long as the manager that they were asked for with
   */
  public record Accumulated(Gradients gradients, Sums sums, Adapted adapted, long batches) {}

  /** The gradients of a batch, its images' loss and hits, the parts that it was computed in. */
  private record Work(Gradients gradients, Sums sums, int parts) {}

  /**
   * The first half of a step: forward and backward.
   *
   * @param at the first batch's position, by the worker's own count
   * @throws NotFinite (exit 1) if the loss is not finite
   */
  public Accumulated accumulate(
      NDManager step, StageRun stage, BatchSource source, Position at, Part part, Adapted adapted) {
    Optional<Gradients> sum = Optional.empty();
    Sums sums = Sums.ZERO;
    Adapted now = adapted;
    long batches = 0;
    while (sums.images() < part.images()) {
      Batch batch = clock.waiting(source::next);
      long number = part.shard().number(at.batch() + batches);
      Micro micro = new Micro(stage, batch, at, number, part.ofStep(), now);
      Work work = clock.computing(() -> halving(step, micro));
      now = now.with(work.parts());
      sums = sums.plus(work.sums());
      sum =
          Optional.of(
              sum.isEmpty() ? work.gradients() : program.add(step, sum.get(), work.gradients()));
      batches++;
    }
    return new Accumulated(sum.orElseThrow(), sums, now, batches);
  }

  /** The second half: limits the gradients and updates the parameters by them. */
  public Done update(
      NDManager step,
      StageRun stage,
      Optimizer optimizer,
      Position at,
      Accumulated all,
      double factor) {
    Gradients gradients = all.gradients();
    Adapted before = all.adapted();
    boolean finite = clock.computing(() -> unscaled(step, gradients, before.lossScale()));
    if (finite) {
      clock.computing(
          () -> {
            StageConfig.Clip clip = stage.config().clip();
            program.clip(step, gradients, clip.norm(), clip.value());
            optimizer.apply(step, gradients, name -> stage.rate(name, factor));
            return gradients;
          });
    }
    Adapted after = before.with(scaleAfter(finite, before, stage, at));
    return new Done(all.batches(), all.sums(), after, finite ? 1 : 0);
  }

  /**
   * A batch of a step.
   *
   * @param number in the epoch, among those of all workers
   * @param images of the whole step
   */
  private record Micro(
      StageRun stage, Batch batch, Position at, long number, long images, Adapted adapted) {}

  /** In fewer images at once where memory does not suffice; the gradients stay the batch's. */
  private Work halving(NDManager step, Micro micro) {
    int count = micro.batch().count();
    int parts = Math.min(micro.adapted().parts(), count);
    while (true) {
      try {
        return inParts(step, micro, parts);
      } catch (EngineException e) {
        if (!TrainingProgram.isOutOfMemory(e)) {
          throw e;
        }
        if (parts == count) {
          throw Failure.failed(
              "out of memory at step %d (stage %s) even with one image at a time; use a smaller"
                  + " network or input, or a machine with more memory; the last good checkpoint is"
                  + " in %s",
              micro.at().step() + 1, micro.stage().config().name(), checkpoints);
        }
        parts = Math.min(2 * parts, count);
        progress.say(
            ("out of memory at step %d: from here on the gradients of a batch of %d are summed over"
                    + " parts of %d images, the same effective batch; a live BatchNorm normalizes"
                    + " over a part")
                .formatted(micro.at().step() + 1, count, (count + parts - 1) / parts));
      }
    }
  }

  private Work inParts(NDManager step, Micro micro, int parts) {
    Batch batch = micro.batch();
    int size = (batch.count() + parts - 1) / parts;
    Optional<Gradients> sum = Optional.empty();
    Sums sums = Sums.ZERO;
    for (int from = 0; from < batch.count(); from += size) {
      int to = Math.min(batch.count(), from + size);
      try (NDManager part = program.newStep()) {
        Gradients gradients = gradients(part, micro, from, to);
        requireFinite(gradients.loss(), micro);
        sums = count(inputs.data().learned(), sums, gradients, batch, from);
        sum = Optional.of(sum.isEmpty() ? gradients : program.add(part, sum.get(), gradients));
        sum.get().attach(step);
      }
    }
    return new Work(sum.orElseThrow(), sums, parts);
  }

  /** Dropout is a function of the seed, the step, the batch and the part of it. */
  private Gradients gradients(NDManager manager, Micro micro, int from, int to) {
    Batch batch = micro.batch();
    String use = from == 0 ? "libtorch" : "libtorch from " + from;
    long seed =
        RandomStream.of(inputs.config().seed(), micro.at().step(), micro.number(), use).nextLong();
    var images = BatchTensors.images(manager, batch, from, to, inputs.network().preprocessing());
    var labels = BatchTensors.labels(manager, batch, batch.labels(), from, to);
    var others = BatchTensors.labels(manager, batch, batch.otherLabels(), from, to);
    var factors = ImageFactors.of(manager, inputs.data().learned(), batch, from, to);
    var soft =
        teacher.isEmpty() ? manager.create(new Shape(0)) : teacher.get().logits(manager, images);
    TrainingProgram.Targets targets =
        new TrainingProgram.Targets(labels, others, batch.weight(), soft, factors);
    return program.gradients(
        manager,
        batch.cut(),
        images,
        targets,
        loss,
        micro.stage().parameters(),
        seed,
        micro.adapted().lossScale().scale() * (to - from) / micro.images());
  }

  private boolean unscaled(NDManager step, Gradients gradients, LossScale scale) {
    return !isScaled() || program.unscale(step, gradients, scale.scale());
  }

  private LossScale scaleAfter(boolean finite, Adapted adapted, StageRun stage, Position at) {
    if (!isScaled()) {
      return adapted.lossScale();
    }
    LossScale next = adapted.lossScale().after(finite);
    if (!finite) {
      progress.say(
          Phrase.of(
              "step %d overflowed in fp16 and is skipped; the loss scale is %.0f",
              at.step() + 1, next.scale()));
    }
    if (next.scale() < 1) {
      throw notFinite("inf or nan even without a loss scale", stage, at);
    }
    return next;
  }

  private boolean isScaled() {
    return inputs.config().precision() == PrecisionChoice.FP16;
  }

  private static Sums count(
      EpochImages learned, Sums sums, Gradients gradients, Batch batch, int from) {
    int images = (int) gradients.logits().getShape().get(0);
    int width = batch.labelWidth();
    long correct =
        ImageFactors.correct(
            learned,
            gradients.logits().toFloatArray(),
            Arrays.copyOfRange(batch.labels(), from * width, (from + images) * width),
            Arrays.copyOfRange(batch.samples(), from, from + images));
    return sums.plus(new Sums((double) gradients.loss() * images, images, correct));
  }

  /** fp16 may overflow: such a step is skipped, not the end. */
  private void requireFinite(float value, Micro micro) {
    if (!Float.isFinite(value) && !isScaled()) {
      throw notFinite(String.valueOf(value), micro.stage(), micro.at());
    }
  }

  private NotFinite notFinite(String value, StageRun stage, Position at) {
    return new NotFinite(
        ("the loss is %s at step %d (stage %s, epoch %d); the last good checkpoint is in %s; the"
                + " likely cause is a learning rate that is too high: try a third of %s")
            .formatted(
                value,
                at.step() + 1,
                stage.config().name(),
                inputs.config().epochsBefore(at.stage()) + at.epoch() + 1,
                checkpoints,
                stage.config().lr()));
  }
}
