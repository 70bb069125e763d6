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
  Optional<String> arch = Optional.empty();

  @Option(
      names = "--weights",
      paramLabel = "imagenet|FILE|DIR|URL",
      description =
          "Pretrained weights: imagenet (imagenet:v2, IMAGENET1K_V2: what torchvision publishes for"
              + " --arch), a file (safetensors, .pth, .pt, ONNX), a folder as Hugging Face has"
              + " them, or an https address. What is fetched is kept in LAPIDARY_CACHE. Without"
              + " them an --arch is random.")
  private Optional<String> weights = Optional.empty();

  @Option(names = "--pretrained", description = "The same as --weights imagenet.")
  private boolean pretrained;

  @Option(names = "--weights-sha256", description = "The SHA-256 that --weights must have.")
  Optional<String> weightsSha256 = Optional.empty();

  @Option(
      names = "--min-match",
      defaultValue = "0.5",
      description = "The least part of the parameters that --weights must fill. In [0, 1].")
  private double minMatch;

  @Option(
      names = "--head-init",
      description =
          "Draws the last layer anew: default, xavier, kaiming, normal:STD, zero, constant:V.")
  Optional<String> headInit = Optional.empty();

  @Option(
      names = "--head-dropout",
      description = "Probability of a dropout before the last layer. In [0, 1).")
  Optional<Double> headDropout = Optional.empty();

  @Option(
      names = "--head-mlp",
      paramLabel = "N",
      description =
          "Puts a hidden layer of N outputs, with a ReLU, before the last layer. At least 1.")
  Optional<Integer> headMlp = Optional.empty();

  @Option(
      names = "--dropout",
      description = "Inside of --arch; the paper's unless given. In [0, 1).")
  Optional<Double> dropout = Optional.empty();

  @Option(
      names = "--stochastic-depth",
      description = "Of the last block of --arch; the paper's unless given. In [0, 1).")
  Optional<Double> stochasticDepth = Optional.empty();

  @Option(
      names = "--input-size",
      description = "Pixels; the architecture's own unless given. At least 1.")
  Optional<Integer> inputSize = Optional.empty();

  @Option(
      names = "--resize",
      description =
          "The shorter side's length before the crop; the weights' or --arch's own unless given."
              + " At least 1.")
  Optional<Integer> resize = Optional.empty();

  @Option(
      names = "--interpolation",
      paramLabel = "FILTER",
      description =
          "Of the resize: nearest, bilinear, bicubic, lanczos; the weights' own unless given.")
  Optional<Preprocessing.Interpolation> interpolation = Optional.empty();

  @Option(
      names = "--mean",
      split = ",",
      description = "By channel, where the weights were trained with others than --arch says.")
  private @Nullable List<Float> mean;

  @Option(names = "--std", split = ",", description = "By channel, likewise.")
  private @Nullable List<Float> std;

  @Option(names = "--seed", defaultValue = "0", description = "Of every random decision.")
  long seed;

  /** The keys of run.yaml that these are, of the options for which {@code given} holds. */
  List<Setting> settings(Predicate<String> given) {
    List<Setting> settings = new ArrayList<>();
    BiConsumer<String, Setting> add =
        (option, setting) -> {
          if (given.test(option)) {
            settings.add(setting);
          }
        };
    add.accept("--seed", new Setting("seed", seed));
    add.accept("--arch", new Setting("model.arch", arch));
    add.accept(pretrained ? "--pretrained" : "--weights", new Setting("model.weights", weights()));
    add.accept("--weights-sha256", new Setting("model.weights-sha256", weightsSha256));
    add.accept("--min-match", new Setting("model.min-match", minMatch()));
    add.accept("--head-init", new Setting("model.head.init", headInit));
    add.accept("--head-dropout", new Setting("model.head.dropout", headDropout));
    add.accept("--head-mlp", new Setting("model.head.mlp", headMlp));
    add.accept("--dropout", new Setting("model.dropout", dropout));
    add.accept("--stochastic-depth", new Setting("model.stochastic-depth", stochasticDepth));
    add.accept("--input-size", new Setting("model.input-size", inputSize));
    add.accept("--resize", new Setting("model.resize", resize));
    add.accept("--interpolation", new Setting("model.interpolation", interpolation));
    add.accept("--mean", new Setting("model.mean", mean()));
    add.accept("--std", new Setting("model.std", std()));
    return settings;
  }

  Optional<String> weights() {
    if (pretrained && weights.isPresent()) {
      throw Failure.badInput(
          "--pretrained is --weights imagenet, and --weights %s is given too; leave one out",
          weights.get());
    }
    return pretrained ? Optional.of("imagenet") : weights;
  }

  double minMatch() {
    if (!(minMatch >= 0 && minMatch <= 1)) {
      throw Failure.badInput("--min-match must lie in [0, 1] but is %s", minMatch);
    }
    return minMatch;
  }

  Optional<List<Float>> mean() {
    return Optional.ofNullable(mean);
  }

  Optional<List<Float>> std() {
    return Optional.ofNullable(std);
  }
}
