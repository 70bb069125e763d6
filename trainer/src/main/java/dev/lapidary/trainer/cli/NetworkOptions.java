package dev.lapidary.trainer.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.trainer.plan.RunYaml.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which network of the zoo, with whose weights, and what its head is like. */
final class NetworkOptions {
  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description = "An architecture of the zoo; see trainer archs.")
  private @Nullable String arch;

  @Option(
      names = "--weights",
      paramLabel = "imagenet|FILE|DIR|URL",
      description =
          "Pretrained weights: imagenet (imagenet:v2, IMAGENET1K_V2: what torchvision publishes for"
              + " --arch), a file (safetensors, .pth, .pt, ONNX), a folder as Hugging Face has them,"
              + " or an https address. What is fetched is kept in LAPIDARY_CACHE. Without them an"
              + " --arch is random.")
  private @Nullable String weights;

  @Option(names = "--pretrained", description = "The same as --weights imagenet.")
  private boolean pretrained;

  @Option(names = "--weights-sha256", description = "The SHA-256 that --weights must have.")
  private @Nullable String weightsSha256;

  @Option(
      names = "--min-match",
      defaultValue = "0.5",
      description = "The least part of the parameters that --weights must fill. In [0, 1].")
  private double minMatch;

  @Option(
      names = "--head-init",
      description =
          "Draws the last layer anew: default, xavier, kaiming, normal:STD, zero, constant:V.")
  private @Nullable String headInit;

  @Option(
      names = "--head-dropout",
      description = "Probability of a dropout before the last layer. In [0, 1).")
  private @Nullable Double headDropout;

  @Option(
      names = "--head-mlp",
      paramLabel = "N",
      description =
          "Puts a hidden layer of N outputs, with a ReLU, before the last layer. At least 1.")
  private @Nullable Integer headMlp;

  @Option(
      names = "--dropout",
      description = "Inside of --arch; the paper's unless given. In [0, 1).")
  private @Nullable Double dropout;

  @Option(
      names = "--stochastic-depth",
      description = "Of the last block of --arch; the paper's unless given. In [0, 1).")
  private @Nullable Double stochasticDepth;

  @Option(
      names = "--input-size",
      description = "Pixels; the architecture's own unless given. At least 1.")
  private @Nullable Integer inputSize;

  @Option(
      names = "--resize",
      description =
          "The shorter side's length before the crop; the weights' or --arch's own unless given."
              + " At least 1.")
  private @Nullable Integer resize;

  @Option(
      names = "--interpolation",
      paramLabel = "FILTER",
      description =
          "Of the resize: nearest, bilinear, bicubic, lanczos; the weights' own unless given.")
  private Preprocessing.@Nullable Interpolation interpolation;

  @Option(
      names = "--mean",
      split = ",",
      description = "By channel, where the weights were trained with others than --arch says.")
  private @Nullable List<Float> mean;

  @Option(names = "--std", split = ",", description = "By channel, likewise.")
  private @Nullable List<Float> std;

  @Option(names = "--seed", defaultValue = "0", description = "Of every random decision.")
  private long seed;

  /** The keys of run.yaml that these are. */
  List<Setting> settings() {
    return settings(option -> true);
  }

  /** Those of the options for which {@code given} holds. */
  List<Setting> settings(Predicate<String> given) {
    List<Setting> settings = new ArrayList<>();
    BiConsumer<String, Setting> add =
        (option, setting) -> {
          if (given.test(option)) {
            settings.add(setting);
          }
        };
    add.accept("--seed", new Setting("seed", seed));
    add.accept("--arch", new Setting("model.arch", arch()));
    add.accept(pretrained ? "--pretrained" : "--weights", new Setting("model.weights", weights()));
    add.accept("--weights-sha256", new Setting("model.weights-sha256", weightsSha256()));
    add.accept("--min-match", new Setting("model.min-match", minMatch()));
    add.accept("--head-init", new Setting("model.head.init", headInit()));
    add.accept("--head-dropout", new Setting("model.head.dropout", headDropout()));
    add.accept("--head-mlp", new Setting("model.head.mlp", headMlp()));
    add.accept("--dropout", new Setting("model.dropout", dropout()));
    add.accept("--stochastic-depth", new Setting("model.stochastic-depth", stochasticDepth()));
    add.accept("--input-size", new Setting("model.input-size", inputSize()));
    add.accept("--resize", new Setting("model.resize", resize()));
    add.accept("--interpolation", new Setting("model.interpolation", interpolation()));
    add.accept("--mean", new Setting("model.mean", mean()));
    add.accept("--std", new Setting("model.std", std()));
    return settings;
  }

  Optional<String> arch() {
    return Optional.ofNullable(arch);
  }

  Optional<String> weights() {
    if (pretrained && weights != null) {
      throw Failure.badInput(
          "--pretrained is --weights imagenet, and --weights %s is given too; leave one out",
          weights);
    }
    return pretrained ? Optional.of("imagenet") : Optional.ofNullable(weights);
  }

  Optional<String> weightsSha256() {
    return Optional.ofNullable(weightsSha256);
  }

  double minMatch() {
    if (!(minMatch >= 0 && minMatch <= 1)) {
      throw Failure.badInput("--min-match must lie in [0, 1] but is %s", minMatch);
    }
    return minMatch;
  }

  Optional<String> headInit() {
    return Optional.ofNullable(headInit);
  }

  Optional<Double> headDropout() {
    return Optional.ofNullable(headDropout);
  }

  Optional<Integer> headMlp() {
    return Optional.ofNullable(headMlp);
  }

  Optional<Double> dropout() {
    return Optional.ofNullable(dropout);
  }

  Optional<Double> stochasticDepth() {
    return Optional.ofNullable(stochasticDepth);
  }

  Optional<Integer> inputSize() {
    return Optional.ofNullable(inputSize);
  }

  Optional<Integer> resize() {
    return Optional.ofNullable(resize);
  }

  Optional<Preprocessing.Interpolation> interpolation() {
    return Optional.ofNullable(interpolation);
  }

  Optional<List<Float>> mean() {
    return Optional.ofNullable(mean);
  }

  Optional<List<Float>> std() {
    return Optional.ofNullable(std);
  }

  long seed() {
    return seed;
  }
}
