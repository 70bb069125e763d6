package dev.lapidary.trainer.plan;

import static dev.lapidary.core.failure.Requirement.require;

import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The network: exactly one of {@code arch} and {@code file}.
 *
 * @param name of the model in its card
 * @param arch an architecture of the zoo
 * @param file a TorchScript archive
 * @param weights published ones by a word ({@code imagenet}), or a file, a folder as Hugging Face
 *     has them, or an https address, for {@code arch} or {@code file}
 * @param weightsSha256 that this file must have; absent: any
 * @param minMatch the least fraction of the parameters that weights must fill
 * @param freezeUnloaded whether tensors may be frozen that no file gave and no stage trained
 * @param head what is done to the last layer
 * @param dropout probability inside of {@code arch}; absent: the paper's
 * @param stochasticDepth of the last block of {@code arch}; absent: the paper's
 * @param minBatchNormMomentum that the running statistics of BatchNorm move with in training, as
 *     PyTorch counts it, where the network's own is lower; absent: its own
 * @param inputSize pixels; absent: the architecture's own
 * @param resize of the shorter side before the crop, for a file without a model card
 * @param interpolation the filter of that, likewise
 * @param mean by channel, likewise; ImageNet's if absent
 * @param std likewise
 * @param alpha what transparent images are put on: {@code black}, {@code white}, {@code #rrggbb};
 *     black if absent, or what a file's card says
 */
public record ModelConfig(
    String name,
    Optional<String> arch,
    Optional<String> file,
    Optional<String> weights,
    Optional<String> weightsSha256,
    double minMatch,
    boolean freezeUnloaded,
    Head head,
    Optional<Double> dropout,
    Optional<Double> stochasticDepth,
    Optional<Double> minBatchNormMomentum,
    Optional<Integer> inputSize,
    Optional<Integer> resize,
    Optional<Preprocessing.Interpolation> interpolation,
    Optional<List<Float>> mean,
    Optional<List<Float>> std,
    Optional<String> alpha) {
  public ModelConfig {
    name = Objects.requireNonNullElse(name, ""); // a file may leave it out
    require(
        arch.isPresent() != file.isPresent(),
        "a run needs exactly one of model.arch (--arch) and model.file (--model)");
    require(minMatch >= 0 && minMatch <= 1, "model.min-match must lie in [0, 1]: " + minMatch);
    requirePositive("input-size", inputSize);
    requirePositive("resize", resize);
    alpha.ifPresent(Background::of);
    requireProbability("dropout", dropout);
    requireProbability("stochastic-depth", stochasticDepth);
    double momentum = minBatchNormMomentum.orElse(1.0);
    require(
        momentum > 0 && momentum <= 1,
        "model.min-batch-norm-momentum must lie in (0, 1] but is " + momentum);
    require(
        arch.isPresent() || (dropout.isEmpty() && stochasticDepth.isEmpty()),
        "model.dropout and model.stochastic-depth are options of model.arch; a file keeps its"
            + " own");
  }

  /** What transparent images are put on, if the user says it. */
  public Optional<Background> background() {
    return alpha.map(Background::of);
  }

  private static void requirePositive(String key, Optional<Integer> pixels) {
    int given = pixels.orElse(1);
    require(given >= 1, "model." + key + " must be positive but is " + given);
  }

  private static void requireProbability(String key, Optional<Double> probability) {
    double given = probability.orElse(0.0);
    require(given >= 0 && given < 1, "model." + key + " must lie in [0, 1) but is " + given);
  }

  /**
   * @param name the last layer's module path; absent: it is found
   * @param init how it is drawn anew; absent: only what no file gave is drawn, by the
   *     architecture's rule, in a file by PyTorch's
   * @param dropout probability of a dropout before it; absent: none
   * @param mlp outputs of a hidden layer before it; absent: none
   */
  public record Head(
      Optional<String> name,
      Optional<String> init,
      Optional<Double> dropout,
      Optional<Integer> mlp) {
    public Head {
      require(
          dropout.orElse(0.0) >= 0 && dropout.orElse(0.0) < 1,
          "model.head.dropout must lie in [0, 1) but is " + dropout.orElse(0.0));
      require(mlp.orElse(1) >= 1, "model.head.mlp must be positive but is " + mlp.orElse(0));
    }

    public static final Head FOUND =
        new Head(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }
}
