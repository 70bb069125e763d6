package dev.lapidary.trainer.plan;

/** A configuration without names of files and folders: what a run's identity is made of. */
public final class WithoutPaths {
  private WithoutPaths() {}

  public static RunConfig of(RunConfig config) {
    RunConfig.Data data = config.data();
    RunConfig.Data anywhere =
        new RunConfig.Data(
            "-",
            data.val().map(v -> "-"),
            data.test().map(t -> "-"),
            data.valSplit(),
            data.groupBy(),
            data.format(),
            data.onBadImage(),
            data.sampling(),
            0,
            true);
    RunConfig.Model model = config.model();
    RunConfig.Model anyFile =
        new RunConfig.Model(
            model.name(),
            model.arch(),
            model.file().map(f -> "-"),
            model.weights().map(w -> "-"),
            model.weightsSha256(),
            model.minMatch(),
            model.freezeUnloaded(),
            model.head(),
            model.dropout(),
            model.stochasticDepth(),
            model.inputSize(),
            model.resize(),
            model.interpolation(),
            model.mean(),
            model.std());
    RunConfig.Loss loss = config.loss();
    RunConfig.Loss anyTeacher =
        new RunConfig.Loss(
            loss.function(),
            loss.labelSmoothing(),
            loss.classWeights(),
            loss.auxiliary(),
            loss.teacher().map(t -> "-"),
            loss.distillAlpha(),
            loss.distillTemperature());
    return new RunConfig(
        config.seed(),
        config.threads(),
        0,
        config.device(),
        config.precision(),
        config.channelsLast(),
        config.gradientCheckpointing(),
        anywhere,
        anyFile,
        anyTeacher,
        config.stages(),
        config.ema(),
        config.checkpoints());
  }
}
