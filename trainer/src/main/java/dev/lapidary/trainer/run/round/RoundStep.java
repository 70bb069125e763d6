package dev.lapidary.trainer.run.round;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.TrainingState.Adapted;
import dev.lapidary.trainer.checkpoint.TrainingState.Position;
import dev.lapidary.trainer.plan.Rounds;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.ProgramTensor;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.run.stage.EpochBatches;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.step.TrainingClock;
import dev.lapidary.trainer.run.step.TrainingStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;

/**
 * The steps from one meeting of the workers to the next: one whose gradients are theirs, or several
 * of their own after which the common weights move. Buffers become the workers' mean, as the
 * optimizer's moments after steps of their own do; each image weighs equally.
 */
public final class RoundStep implements AutoCloseable {
  private final Rounds rounds;
  private final TrainingProgram program;
  private final TrainingStep step;
  private final TrainingClock clock;
  private final WorkerGroup workers;
  private final OuterStep outer;

  /**
   * @param step on the common weights
   * @throws Failure (exit 4) if it has parameters of another type than float32
   */
  public RoundStep(Rounds rounds, TrainingStep step, WorkerGroup workers) {
    this.rounds = rounds;
    this.program = step.program();
    this.step = step;
    this.clock = step.clock();
    this.workers = workers;
    this.outer = new OuterStep(rounds);
    for (ProgramTensor parameter : program.parameters()) {
      if (parameter.dtype() != DType.FLOAT32) {
        throw Failure.unsupported(
            "world-size %d: parameter %s is %s, and workers share float32 ones; train with"
                + " world-size 1",
            rounds.worldSize(), parameter.name(), parameter.dtype());
      }
    }
  }

  /**
   * @param plan of worker 0, whose epoch is the longest
   * @param factors of the schedule, by the step in the epoch
   */
  TrainingStep.Done take(
      StageRun stage,
      Optimizer optimizer,
      EpochBatches plan,
      Position at,
      LongToDoubleFunction factors,
      Adapted adapted) {
    long first = at.batch() / stage.config().accumulate();
    boolean local =
        rounds.hasLocalSteps(
            at.epoch() * plan.steps() + first, stage.config().epochs() * plan.steps());
    int steps = local ? (int) Math.min(rounds.localSteps(), plan.steps() - first) : 1;
    List<Double> all = LongStream.range(first, first + steps).mapToDouble(factors).boxed().toList();
    Round round =
        new Round(
            at,
            local,
            all,
            adapted.lossScale(),
            new LinkedHashMap<>(FlatBytes.of(program.tensors())),
            new LinkedHashMap<>(local ? FlatBytes.of(optimizer.save()) : Map.of()));
    Meeting meeting = clock.computing(() -> workers.round(round));
    long batches =
        Math.min((long) steps * stage.config().accumulate(), plan.batches() - at.batch());
    writeBuffers(meeting);
    if (local) {
      move(stage, optimizer, round, meeting);
      return new TrainingStep.Done(batches, meeting.sums(), adapted, steps);
    }
    try (NDManager manager = program.newStep()) {
      TrainingStep.Accumulated sum =
          new TrainingStep.Accumulated(
              gradients(manager, meeting), meeting.sums(), adapted, batches);
      return step.update(manager, stage, optimizer, at, sum, all.get(0));
    }
  }

  private Gradients gradients(NDManager manager, Meeting meeting) {
    List<ProgramTensor> used = new ArrayList<>();
    List<NDArray> arrays = new ArrayList<>();
    for (ProgramTensor parameter : program.parameters()) {
      float[] sum = meeting.tensors().get("gradient." + parameter.name());
      if (sum != null) {
        used.add(parameter);
        arrays.add(manager.create(sum, parameter.array().getShape()));
      }
    }
    float loss = (float) (meeting.sums().loss() / (double) meeting.sums().images());
    return new Gradients(loss, manager.create(0f), used, arrays);
  }

  private void move(StageRun stage, Optimizer optimizer, Round round, Meeting meeting) {
    for (ProgramTensor parameter : stage.parameters()) {
      ByteBuffer before = FlatBytes.buffer(round.model(), parameter.name());
      float[] common = new float[before.remaining() / Float.BYTES];
      before.asFloatBuffer().get(common);
      float[] mean =
          Objects.requireNonNull(
              meeting.tensors().get("model." + parameter.name()), parameter.name());
      write(parameter, outer.take(parameter.name(), common, mean));
    }
    Map<String, byte[]> state = new LinkedHashMap<>(round.optimizer());
    meeting.tensors().forEach((key, values) -> optimizerKey(key, FlatBytes.of(values), state));
    meeting.counts().forEach((key, bytes) -> optimizerKey(key, bytes, state));
    optimizer.restore(FlatBytes.tensors(state));
  }

  private static void optimizerKey(String key, byte[] bytes, Map<String, byte[]> state) {
    if (key.startsWith("optimizer.")) {
      state.put(key.substring("optimizer.".length()), bytes);
    }
  }

  private void writeBuffers(Meeting meeting) {
    for (ProgramTensor tensor : program.tensors()) {
      if (tensor.buffer()) {
        String key = "model." + tensor.name();
        float[] mean = meeting.tensors().get(key);
        if (mean == null) {
          program.write(tensor.array(), FlatBytes.buffer(meeting.counts(), key));
        } else {
          write(tensor, mean);
        }
      }
    }
  }

  private void write(ProgramTensor tensor, float[] values) {
    program.write(tensor.array(), Tensor.of(values, values.length).bytes());
  }

  /** What the outer step remembers, to be kept beside the optimizer's own state. */
  public Map<String, Tensor> save() {
    return outer.save();
  }

  public void restore(Map<String, Tensor> saved) {
    outer.restore(saved);
  }

  /** A stage begins anew. */
  public void forget() {
    outer.forget();
  }

  @Override
  public void close() {
    workers.close();
  }
}
