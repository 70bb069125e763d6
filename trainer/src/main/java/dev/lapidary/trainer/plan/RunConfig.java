package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.trainer.program.TorchDevices;
import java.util.List;

/**
 * A whole run, as {@code run.yaml} holds it; keys are the fields' names in kebab-case.
 *
 * @param seed every random decision is a function of it and of what it is about
 * @param threads inside a libtorch operator; 0 until resolved to the machine's number of processors
 * @param memoryMegabytes that a batch size may be found for; 0: what the container grants, less a
 *     margin
 * @param device {@code auto}, {@code cpu}, {@code cuda:N} or, where workers share the work,
 *     several: {@code cuda:0,1}
 * @param precision of training's heavy operators; weights and evaluation are float32
 * @param memoryFormat of the images of training, and of what the network makes of them
 * @param gradientCheckpointing whether the results inside of a network's segments are computed
 *     again for the backward pass instead of kept
 * @param stages one after the other
 * @param ema a moving average of the weights
 * @param rounds how workers share the work
 */
public record RunConfig(
    long seed,
    int threads,
    int memoryMegabytes,
    String device,
    PrecisionChoice precision,
    MemoryFormat memoryFormat,
    boolean gradientCheckpointing,
    DataConfig data,
    ModelConfig model,
    LossConfig loss,
    List<StageConfig> stages,
    Ema ema,
    Rounds rounds,
    Checkpoints checkpoints) {

  /**
   * @param everySteps a checkpoint after so many steps, beside the one at each epoch's end; 0: none
   * @param everyMinutes likewise after so many minutes without one
   * @param deliver which weights become {@code model.pt}
   * @param patience epochs without a better validation than the best after which a stage ends early
   *     and the next begins; 0: none does
   * @param keepTop of how many of the best epochs the weights are kept
   * @param bestBy what says which epoch is better
   */
  public record Checkpoints(
      int everySteps,
      double everyMinutes,
      Deliver deliver,
      int patience,
      int keepTop,
      BestBy bestBy) {
    public Checkpoints {
      require(everySteps >= 0, "checkpoints.every-steps must not be negative: " + everySteps);
      require(everyMinutes >= 0, "checkpoints.every-minutes must not be negative: " + everyMinutes);
      require(patience >= 0, "checkpoints.patience must not be negative: " + patience);
      require(keepTop >= 1, "checkpoints.keep-top must be at least 1 but is " + keepTop);
    }
  }

  public enum Deliver {
    /** Of the epoch with the best validation by {@link BestBy}, the lower loss where equal. */
    BEST,
    LAST
  }

  /**
   * @param decay of the average, in [0, 1); 0: there is none, and the weights themselves are
   *     validated and delivered
   * @param warmup whether the decay grows from 0 over the first steps
   */
  public record Ema(double decay, boolean warmup) {
    public static final Ema NONE = new Ema(0, false);

    public Ema {
      require(decay >= 0 && decay < 1, "ema.decay must lie in [0, 1) but is " + decay);
    }
  }

  public RunConfig {
    stages = List.copyOf(stages);
    require(memoryMegabytes >= 0, "memory-megabytes must not be negative: " + memoryMegabytes);
    require(threads >= 0, "threads must not be negative but is " + threads);
    require(
        TorchDevices.isName(device),
        "device must be auto, cpu, cuda:N or cuda:N,M but is " + device);
    require(!stages.isEmpty(), "stages is empty: a run needs at least one");
    rounds.requireSense(stages, data.sampling(), precision, ema);
  }

  public RunConfig withStages(List<StageConfig> other) {
    return with("stages", other);
  }

  public RunConfig with(PrecisionChoice other) {
    return with("precision", other);
  }

  public RunConfig with(MemoryFormat other) {
    return with("memory-format", other);
  }

  /** Whether training gives the network its images in {@code torch.channels_last}. */
  public boolean channelsLast() {
    return memoryFormat == MemoryFormat.CHANNELS_LAST;
  }

  public RunConfig on(TorchDevices other) {
    return with("device", other.toString());
  }

  /** Where the network itself is; workers may be on others, too. */
  public String firstDevice() {
    return device.contains(",") ? device.substring(0, device.indexOf(',')) : device;
  }

  /** The same, whose workers are as many. */
  public RunConfig sharedBy(int workers) {
    return with("rounds", rounds.of(workers));
  }

  /** With the number of threads written out. */
  public RunConfig resolved(int processors) {
    return threads == 0 ? with("threads", processors) : this;
  }

  private RunConfig with(String key, Object value) {
    return RunYaml.changed(this, List.of(new RunYaml.Setting(key, value)));
  }

  /** Of the whole run. */
  public int epochs() {
    return epochsBefore(stages.size());
  }

  /** Of the stages before this one, which counts from 0. */
  public int epochsBefore(int stage) {
    return stages.subList(0, stage).stream().mapToInt(StageConfig::epochs).sum();
  }
}
