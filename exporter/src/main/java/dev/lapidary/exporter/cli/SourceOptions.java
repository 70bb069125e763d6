package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.manifest.LabelFile;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a model is read from, and what is said of it where its file has no card. */
final class SourceOptions {
  /** Of all images of a batch together: a gigabyte. */
  private static final long MAX_NUMBERS = 1L << 28;

  private static final long LONGEST_SIDE = 1L << 16;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description =
          "architecture of a weights file, as 'trainer archs' lists them; SOURCE may then be"
              + " imagenet (imagenet:v2), what torchvision publishes for it, or a folder as Hugging"
              + " Face has them")
  @Nullable String arch;

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      description = "input size of a file without a card, as 3x224x224 (or 2x3x224x224)")
  @Nullable String input;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "class names of a file without a card, one a line")
  @Nullable Path labels;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      description =
          "what makes scores of the logits, where no card says it: softmax, which is taken for"
              + " granted, or sigmoid for any number of labels an image")
  private @Nullable Activation activation;

  @Option(
      names = "--scores",
      paramLabel = "NAME",
      description =
          "what the network gives: logits, or the scores of a softmax or sigmoid of its own, to"
              + " which nothing is applied again; told by its last operators unless given")
  private @Nullable Scores scores;

  @Option(
      names = "--mean",
      split = ",",
      showDefaultValue = Visibility.NEVER,
      paramLabel = "M",
      description = "means of a file without a card, or other than --arch's, as 0.485,0.456,0.406")
  List<Float> mean = new ArrayList<>();

  @Option(
      names = "--std",
      split = ",",
      showDefaultValue = Visibility.NEVER,
      paramLabel = "S",
      description = "deviations of a file without a card, as 0.229,0.224,0.225")
  List<Float> std = new ArrayList<>();

  @Option(
      names = "--resize",
      paramLabel = "N",
      description =
          "shorter side after the resize, of a file without a card, or other than --arch's")
  @Nullable Integer resize;

  @Option(
      names = "--interpolation",
      paramLabel = "FILTER",
      description =
          "filter of the resize, of a file without a card, or other than --arch's: nearest,"
              + " bilinear, bicubic, lanczos; bilinear unless given")
  Preprocessing.@Nullable Interpolation interpolation;

  @Option(
      names = "--crop",
      paramLabel = "N",
      description = "side of the centre crop, of a file without a card; must be the input's")
  @Nullable Integer crop;

  @Option(
      names = "--alpha",
      paramLabel = "COLOUR",
      description =
          "what transparent images are put on, of a file without a card or of --arch: black, white,"
              + " or a colour such as '#7f7f7f'; black unless given")
  private @Nullable String alpha;

  @Option(
      names = "--output-index",
      paramLabel = "N",
      description = "which element of a tuple holds the logits")
  @Nullable Integer outputIndex;

  @Option(
      names = "--output-key",
      paramLabel = "KEY",
      description = "which entry of a dict holds the logits")
  @Nullable String outputKey;

  @Option(
      names = "--output",
      paramLabel = "LAYER",
      description =
          "end the network at a module, such as layer4.1.conv2, and give what it computes;"
              + " features: what goes into the last layer")
  @Nullable String layer;

  /** Of the network that is exported: one that was cut at a layer has one output. */
  OutputChoice output() {
    return layer == null ? logits() : OutputChoice.FIRST;
  }

  /** Of the whole network. */
  OutputChoice logits() {
    return new OutputChoice(Optional.ofNullable(outputIndex), Optional.ofNullable(outputKey));
  }

  /** Channels, height, width; empty if not given. */
  Optional<List<Long>> inputShape() {
    if (input == null) {
      return Optional.empty();
    }
    if (!input.matches("([1-9][0-9]{0,4}x){2,3}[1-9][0-9]{0,4}")) {
      throw Failure.badInput("--input is %s; expected channels, height, width as 3x224x224", input);
    }
    List<Long> sizes = Arrays.stream(input.split("x", -1)).map(Long::valueOf).toList();
    double numbers = sizes.stream().mapToDouble(size -> size).reduce(1, (a, b) -> a * b);
    if (numbers > MAX_NUMBERS || Collections.max(sizes) > LONGEST_SIDE) {
      throw Failure.badInput(
          "--input is %s; at most %d a side and %d numbers in all can be run",
          input, LONGEST_SIDE, MAX_NUMBERS);
    }
    return Optional.of(sizes.subList(sizes.size() - 3, sizes.size()));
  }

  /** What the terminal shows meanwhile. */
  WorkProgress progress() {
    return command == null ? line -> {} : TerminalProgress.of(command.commandLine().getErr());
  }

  /** The batch that {@code --input 2x3x224x224} names: the one a traced archive was traced with. */
  Optional<Integer> batch() {
    return input != null && input.chars().filter(c -> c == 'x').count() == 3
        ? Optional.of(Integer.valueOf(input.substring(0, input.indexOf('x'))))
        : Optional.empty();
  }

  Optional<List<String>> labelNames() {
    if (labels != null && !Files.isRegularFile(labels)) {
      throw Failure.badInput(
          "--labels %s: there is no such file; expected a text file with a class a line, in the"
              + " order of the network's outputs",
          labels);
    }
    return Optional.ofNullable(labels).map(LabelFile::read);
  }

  Optional<Activation> activation() {
    return Optional.ofNullable(activation);
  }

  /** What the network gives, where that is not to be found out. */
  Optional<Scores> scores() {
    return Optional.ofNullable(scores);
  }

  /** Whether one of several outputs is asked for by its place or name. */
  boolean choosesOutput() {
    return outputIndex != null || outputKey != null;
  }

  /** What transparent images are put on. */
  Optional<Background> alpha() {
    return Optional.ofNullable(alpha).map(text -> Background.said("--alpha", text));
  }

  boolean saysPreprocessing() {
    return !mean.isEmpty()
        || !std.isEmpty()
        || resize != null
        || crop != null
        || interpolation != null;
  }
}
