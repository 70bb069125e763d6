package dev.lapidary.trainer.run;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.checkpoint.TrainingState;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.loop.RunOutcome;
import dev.lapidary.trainer.run.loop.Training;
import dev.lapidary.trainer.run.round.WorkerGroup;
import dev.lapidary.trainer.run.round.WorkersHere;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Starts runs, goes on with them, makes them longer. */
public final class Runs {
  private Runs() {}

  /**
   * Checks data, network and weights, makes the run directory and trains in it.
   *
   * @param stop asked after each step
   * @throws Failure (exit 2) for bad input, before anything is written
   */
  public static RunOutcome start(
      Path out, RunConfig asked, Progress progress, BooleanSupplier stop) {
    return start(out, asked, WorkersHere::open, progress, stop);
  }

  /** The same with workers elsewhere. */
  public static RunOutcome start(
      Path out,
      RunConfig asked,
      WorkerGroup.Opening workers,
      Progress progress,
      BooleanSupplier stop) {
    RunDirectory.requireNew(out);
    RunConfig config = RunInputs.resolve(asked);
    return Libtorch.call(
        config.threads(),
        () -> {
          RunInputs inputs = RunInputs.open(config, progress, stop);
          inputs.network().notes().forEach(progress::say);
          try (RunDirectory directory = RunDirectory.create(out, inputs.config());
              Training training = new Training(directory, inputs, workers, progress, stop)) {
            if (inputs.network().report().isPresent()) {
              directory.writeMatch(inputs.network().report().get());
            }
            return training.run();
          }
        });
  }

  /**
   * Goes on with a run from its newest sound checkpoint, or from its start if there is none yet.
   *
   * @param sets changes of the configuration, {@code key=value}; recorded as drift
   * @param allowed keys of {@link RunDrift} that may differ
   * @throws Failure (exit 3) if something drifted that is not allowed
   */
  public static RunOutcome resume(
      Path run, List<String> sets, List<String> allowed, Progress progress, BooleanSupplier stop)
      throws IOException {
    return resume(run, sets, allowed, WorkersHere::open, progress, stop);
  }

  /** The same with workers elsewhere. */
  public static RunOutcome resume(
      Path run,
      List<String> sets,
      List<String> allowed,
      WorkerGroup.Opening workers,
      Progress progress,
      BooleanSupplier stop)
      throws IOException {
    RunConfig config = with(RunDirectory.readConfig(run), sets);
    return Libtorch.call(
        config.threads(),
        () -> {
          try (RunDirectory directory = RunDirectory.open(run)) {
            Checkpoints checkpoints = new Checkpoints(directory.checkpoints());
            checkpoints.dropTemporaryFiles();
            Optional<Checkpoints.Saved> saved = checkpoints.newest(progress::say);
            if (saved.isPresent() && isDelivered(saved.get().state(), directory)) {
              progress.say("%s is finished; nothing is left to do".formatted(run));
              return RunOutcome.FINISHED;
            }
            RunInputs inputs = RunInputs.open(config, progress, stop);
            if (saved.isPresent()) {
              Identity was = saved.get().state().identity();
              RunDrift.requireSameRounds(was, inputs.identity());
              RunDrift.between(was, inputs.identity(), !sets.isEmpty())
                  .refuseUnless(allowed, progress);
            }
            try (Training training = new Training(directory, inputs, workers, progress, stop)) {
              saved.ifPresent(training::restore);
              if (!sets.isEmpty()) {
                directory.writeConfig(inputs.config());
              }
              progress.say(
                  saved.isEmpty()
                      ? "no checkpoint yet: starting at step 0"
                      : "going on after step " + saved.get().state().position().step());
              return training.run();
            }
          }
        });
  }

  /**
   * Whether another process may do a part of a run.
   *
   * @param driver of the run
   * @param here what this process makes of the same configuration
   * @throws Failure (exit 3) with the difference, if its results would be others
   */
  public static void requireAlike(Identity driver, Identity here) {
    RunDrift.refuse(driver, here);
  }

  /**
   * Adds a stage like the last one to a finished run and trains it.
   *
   * @throws Failure (exit 2) if the run is not finished
   */
  public static RunOutcome extend(Path run, int epochs, Progress progress, BooleanSupplier stop)
      throws IOException {
    RunConfig config = RunDirectory.readConfig(run);
    Optional<Checkpoints.Saved> saved =
        new Checkpoints(run.resolve("checkpoints")).newest(progress::say);
    if (saved.isEmpty() || !saved.get().state().finished()) {
      throw Failure.badInput("%s is not finished; go on with 'trainer resume %s' first", run, run);
    }
    List<StageConfig> stages = new ArrayList<>(config.stages());
    stages.add(stages.get(stages.size() - 1).extended(epochs, stages.size()));
    RunConfig longer = config.withStages(stages);
    return Libtorch.call(
        config.threads(),
        () -> {
          try (RunDirectory directory = RunDirectory.open(run)) {
            RunInputs inputs = RunInputs.open(longer, progress, stop);
            try (Training training =
                new Training(directory, inputs, WorkersHere::open, progress, stop)) {
              training.restore(saved.get());
              training.goOnWithStage(config.stages().size());
              directory.writeConfig(longer);
              return training.run();
            }
          }
        });
  }

  private static RunConfig with(RunConfig kept, List<String> sets) {
    RunConfig config = kept;
    for (String set : sets) {
      config = RunYaml.with(config, set);
    }
    return config;
  }

  private static boolean isDelivered(TrainingState state, RunDirectory directory) {
    return state.finished()
        && Files.isRegularFile(directory.model())
        && Files.isRegularFile(directory.weights());
  }
}
