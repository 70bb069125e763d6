package dev.lapidary.trainer.run.round;

import ai.djl.ndarray.NDManager;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.checkpoint.TrainingState.Sums;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Shard;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.Teacher;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.EpochLength;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.step.TrainingClock;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Does any worker's part of a round: a network in libtorch that keeps nothing from one part to the
 * next. On libtorch's thread.
 */
public final class Worker implements AutoCloseable {
  private final RunInputs inputs;
  private final RunConfig config;
  private final TrainingProgram program;
  private final Optional<Teacher> teacher;
  private final TrainingStep step;
  private final Map<Shard, EpochBatches> plans = new HashMap<>();
  private Optional<Entered> entered = Optional.empty();
  private int epoch = -1;

  private record Entered(int index, StageRun stage, Loader loader) {}

  /**
   * @param checkpoints where the last good one is, for messages
   */
  public Worker(RunInputs inputs, Path checkpoints) {
    this.inputs = inputs;
    this.config = inputs.config();
    this.program = inputs.openProgram();
    this.teacher = inputs.openTeacher();
    this.step =
        TrainingStep.of(
            inputs, program, teacher, new TrainingClock(), Progress.silent(), checkpoints);
  }

  /** A worker's part of a round, whose images are being read. */
  public final class Task implements AutoCloseable {
    private final Round round;
    private final Shard shard;
    private final Entered at;
    private final EpochBatches plan;
    private final Loader.Batches batches;

    private Task(Round round, Shard shard, Entered at, EpochBatches plan) {
      this.round = round;
      this.shard = shard;
      this.at = at;
      this.plan = plan;
      long first = round.at().batch();
      long count = (long) round.factors().size() * at.stage.config().accumulate();
      this.batches =
          at.loader.some(
              plan.samples(first, count),
              at.stage.config().batchSize(),
              epoch,
              number -> shard.number(first + number));
    }

    public Contribution work() {
      if (!batches.hasNext()) {
        return Contribution.none(shard.worker());
      }
      for (ProgramTensor tensor : program.tensors()) {
        program.write(tensor.array(), FlatBytes.buffer(round.model(), tensor.name()));
      }
      at.stage.resumeTraining();
      return round.local() ? steps() : gradients();
    }

    /** Of one step; the common weights have not moved. */
    private Contribution gradients() {
      long batch = round.at().batch();
      TrainingStep.Part part =
          new TrainingStep.Part(plan.imagesOfStep(batch), imagesOfAll(batch), shard);
      try (NDManager manager = program.newStep()) {
        TrainingStep.Accumulated all =
            step.accumulate(manager, at.stage, batches, round.at(), part, adapted());
        requireWhole(all.adapted());
        Map<String, float[]> gradients = new LinkedHashMap<>();
        for (int i = 0; i < all.gradients().arrays().size(); i++) {
          gradients.put(
              "gradient." + all.gradients().parameters().get(i).name(),
              all.gradients().arrays().get(i).toFloatArray());
        }
        return share(all.sums(), gradients, buffers(), new LinkedHashMap<>());
      }
    }

    /** The weights after steps of its own. */
    private Contribution steps() {
      StageConfig stage = at.stage.config();
      Sums sums = Sums.ZERO;
      try (Optimizer optimizer = new Optimizer(program, stage.optimizer())) {
        optimizer.restore(FlatBytes.tensors(round.optimizer()));
        for (int i = 0; i < round.factors().size() && batches.hasNext(); i++) {
          Position next = round.at().after((long) i * stage.accumulate(), i);
          sums = sums.plus(step(optimizer, next, round.factors().get(i)));
        }
        Map<String, float[]> averaged = new LinkedHashMap<>();
        at.stage.parameters().forEach(p -> averaged.put("model." + p.name(), p.copy().toFloats()));
        averaged.putAll(buffers());
        Map<String, byte[]> counts = new LinkedHashMap<>();
        optimizer
            .save()
            .forEach(
                (key, tensor) -> {
                  if (tensor.dtype() == DType.FLOAT32) {
                    averaged.put("optimizer." + key, tensor.toFloats());
                  } else {
                    counts.put("optimizer." + key, FlatBytes.of(tensor.bytes()));
                  }
                });
        return share(sums, Map.of(), averaged, counts);
      }
    }

    private Sums step(Optimizer optimizer, Position position, double factor) {
      long images = plan.imagesOfStep(position.batch());
      try (NDManager manager = program.newStep()) {
        TrainingStep.Part part = new TrainingStep.Part(images, images, shard);
        TrainingStep.Accumulated all =
            step.accumulate(manager, at.stage, batches, position, part, adapted());
        requireWhole(all.adapted());
        return step.update(manager, at.stage, optimizer, position, all, factor).sums();
      }
    }

    private Adapted adapted() {
      return Adapted.START.with(round.lossScale());
    }

    private Contribution share(
        Sums sums,
        Map<String, float[]> summed,
        Map<String, float[]> averaged,
        Map<String, byte[]> counts) {
      for (ProgramTensor tensor : program.tensors()) {
        if (tensor.buffer() && tensor.dtype() != DType.FLOAT32) {
          counts.put("model." + tensor.name(), FlatBytes.of(tensor.bytes()));
        }
      }
      return Contribution.of(shard.worker(), sums, summed, averaged, counts);
    }

    @Override
    public void close() {
      batches.close();
    }
  }

  /** Begins to read the images of a worker's part. */
  public Task begin(Round round, int worker) {
    Entered at = enter(round.at().stage());
    int number = config.epochsBefore(round.at().stage()) + round.at().epoch();
    if (number != epoch) {
      plans.clear();
      epoch = number;
    }
    Shard shard = new Shard(worker, config.rounds().worldSize());
    EpochBatches plan =
        plans.computeIfAbsent(shard, s -> inputs.epochBatches(epoch, at.stage.config(), s));
    return new Task(round, shard, at, plan);
  }

  private Entered enter(int index) {
    if (entered.isPresent() && entered.get().index() == index) {
      return entered.get();
    }
    entered.ifPresent(before -> before.loader().close());
    StageConfig stage = config.stages().get(index);
    Loader loader = inputs.loader(inputs.augmentation(stage), inputs.cacheBytes());
    Entered now = new Entered(index, StageRun.enter(stage, program, inputs.network()), loader);
    entered = Optional.of(now);
    return now;
  }

  /** Images of all workers in the step that begins with this batch of each. */
  private long imagesOfAll(long batch) {
    int worldSize = config.rounds().worldSize();
    StageConfig stage = entered.orElseThrow().stage().config();
    long images = 0;
    for (int worker = 0; worker < worldSize; worker++) {
      int own = new Shard(worker, worldSize).size(inputs.data().learned().images().size());
      images += EpochLength.of(own, stage).imagesOfStep(batch);
    }
    return images;
  }

  private Map<String, float[]> buffers() {
    Map<String, float[]> buffers = new LinkedHashMap<>();
    program.tensors().stream()
        .filter(tensor -> tensor.buffer() && tensor.dtype() == DType.FLOAT32)
        .forEach(tensor -> buffers.put("model." + tensor.name(), tensor.copy().toFloats()));
    return buffers;
  }

  /** In parts, a batch would have other last bits, by the machine's memory. */
  private static void requireWhole(Adapted adapted) {
    if (adapted.parts() > 1) {
      throw Failure.failed(
          "out of memory: a worker's batch did not fit at once, and in parts the result would"
              + " depend on the machine; use a smaller --batch-size with --accumulate");
    }
  }

  @Override
  public void close() {
    entered.ifPresent(at -> at.loader().close());
    teacher.ifPresent(Teacher::close);
    program.close();
  }
}
