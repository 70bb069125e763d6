package dev.lapidary.trainer.run.probe;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.cli.ResidentMemory;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.trainer.checkpoint.CheckpointWriter;
import dev.lapidary.trainer.data.Task;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Gradients;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.LossOptions;
import dev.lapidary.trainer.program.Optimizer;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.network.Network;
import dev.lapidary.trainer.run.network.Teacher;
import dev.lapidary.trainer.run.stage.StageRun;
import dev.lapidary.trainer.run.stage.TrainedWeights;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The process that {@link BatchSizeProbe} starts: steps of a stage on blank images of one batch
 * size, with all that a run does between steps, then the peak of its resident memory in bytes on
 * stdout (0 where the system does not tell).
 */
record ProbeStep(RunConfig config, StageConfig stage, Task task, List<String> labels, int size) {
  static final String CONFIG = "run.yaml";
  static final String LABELS = "labels";

  /** The exit status of a process that needs more memory than it can get. */
  static final int TOO_LARGE = 75;

  /** That of one which was killed: by the probe at its limit, or by a system short of memory. */
  static final int KILLED = 128 + 9;

  /** Those of SIGINT and SIGTERM. */
  static final Set<Integer> SIGNALS = Set.of(128 + 2, 128 + 15);

  /** {@code FOLDER STAGE BATCH_SIZE TASK}. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    RunConfig config = RunYaml.read(Files.readString(folder.resolve(CONFIG)), arguments[0]);
    List<String> labels = Files.readAllLines(folder.resolve(LABELS));
    StageConfig stage = config.stages().get(Integer.parseInt(arguments[1]));
    int size = Integer.parseInt(arguments[2]);
    ProbeStep probe = new ProbeStep(config, stage, Task.valueOf(arguments[3]), labels, size);
    try {
      Libtorch.call(
          config.threads(),
          () -> {
            probe.run();
            return probe;
          });
    } catch (OutOfMemoryError e) {
      Runtime.getRuntime().halt(TOO_LARGE);
    } catch (EngineException e) {
      if (TrainingProgram.isOutOfMemory(e)) {
        Runtime.getRuntime().halt(TOO_LARGE);
      }
      throw e;
    }
    System.out.println(ResidentMemory.peakBytes().orElse(0));
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private void run() throws IOException {
    Network network = Network.of(config, labels, Progress.silent());
    Optional<Teacher> teacher = Teacher.of(config, task, labels, network);
    try (TrainingProgram program = network.openProgram(config, List.of(), 0);
        TrainedWeights weights = TrainedWeights.of(program, config.ema());
        Optimizer optimizer = new Optimizer(program, stage.optimizer())) {
      StageRun run = StageRun.enter(stage, program, network);
      List<Map<String, Tensor>> copies = new ArrayList<>();
      try {
        step(run, optimizer, program, teacher, network.preprocessing());
        weights.average(1);
        for (int i = 0; i < CheckpointWriter.MAX_COPIES; i++) {
          copies.addAll(List.of(weights.copies(), weights.averages(), optimizer.save()));
        }
        step(run, optimizer, program, teacher, network.preprocessing());
      } finally {
        Reference.reachabilityFence(copies);
      }
      validate(program, network.preprocessing());
    } finally {
      teacher.ifPresent(Teacher::close);
    }
  }

  private void step(
      StageRun run,
      Optimizer optimizer,
      TrainingProgram program,
      Optional<Teacher> teacher,
      Preprocessing rule) {
    LossOptions loss =
        config.loss().options(task, labels.stream().map(label -> 1.0).toList(), labels.size());
    try (NDManager step = program.newStep()) {
      var images = step.ones(BatchTensors.shape(size, rule));
      var classes =
          task == Task.SINGLE_LABEL
              ? step.create(new long[size])
              : step.create(new long[size * labels.size()], new Shape(size, labels.size()));
      TrainingProgram.Targets targets =
          teacher.isEmpty()
              ? TrainingProgram.Targets.of(classes)
              : new TrainingProgram.Targets(
                  classes, classes, 1, teacher.get().logits(step, images));
      Gradients sum = program.gradients(step, images, targets, loss, run.parameters(), 0, 1);
      if (stage.accumulate() > 1) {
        Gradients more = program.gradients(step, images, targets, loss, run.parameters(), 0, 1);
        sum = program.add(step, sum, more);
      }
      optimizer.apply(step, sum, name -> run.rate(name, 0));
    }
  }

  private static void validate(TrainingProgram program, Preprocessing rule) {
    program.eval();
    try (NDManager step = program.newStep()) {
      program.logits(step, step.ones(BatchTensors.shape(BatchTensors.EVALUATED_AT_ONCE, rule)));
    }
  }
}
