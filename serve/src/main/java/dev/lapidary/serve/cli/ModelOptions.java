package dev.lapidary.serve.cli;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.model.HeadModel;
import dev.lapidary.runtime.model.ModelFormat;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.PreprocessingOptions;
import dev.lapidary.runtime.model.ScoringOptions;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.model.TorchScriptLoader;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.serve.http.ModelReader;
import dev.lapidary.serve.http.ReadModel;
import dev.lapidary.serve.http.TensorModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Which model, and what it does not say of itself. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "FILE|DIR",
      description =
          "an ONNX file, or (serve run) a folder of models: NAME.onnx, NAME/*.onnx or"
              + " NAME/1/*.onnx; with --engine pytorch TorchScript archives too: NAME.pt")
  private Optional<Path> model = Optional.empty();

  /** As they are typed. */
  private enum Engine {
    onnxruntime,
    pytorch
  }

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description =
          "onnxruntime, for ONNX files alone; pytorch: TorchScript archives (.pt) by libtorch, and"
              + " in a folder ONNX files beside them. An archive is a program: docs/serving.md")
  private Engine engine = Engine.onnxruntime;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "threads of one run of the network; 0: all cores")
  private int threads;

  @Option(
      names = "--resize",
      paramLabel = "PIXELS",
      description = "for a model without a card: the shorter side before the crop")
  private Optional<Integer> resize = Optional.empty();

  @Option(
      names = "--interpolation",
      paramLabel = "FILTER",
      description =
          "for a model without a card: of the resize; nearest, bilinear (unless given), bicubic,"
              + " lanczos")
  private Optional<Preprocessing.Interpolation> interpolation = Optional.empty();

  @Option(
      names = "--crop",
      paramLabel = "PIXELS",
      description = "for a model without a card: the square crop, unless the graph says it")
  private Optional<Integer> crop = Optional.empty();

  @Option(
      names = "--mean",
      split = ",",
      paramLabel = "R,G,B",
      description = "for a model without a card: subtracted from values in [0, 1]; one if gray")
  private List<Float> mean = List.of();

  @Option(
      names = "--std",
      split = ",",
      paramLabel = "R,G,B",
      description = "for a model without a card: divides them then")
  private List<Float> std = List.of();

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description = "for a model without labels: a text file, one label a line")
  private Optional<Path> labels = Optional.empty();

  @Option(
      names = "--scores",
      paramLabel = "NAME",
      description =
          "what the network gives: logits, or the scores of a softmax or sigmoid of its own; told"
              + " by the card, or by the last nodes, unless given")
  private Optional<Scores> scores = Optional.empty();

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      description =
          "for a model without a card: softmax for one class an image, sigmoid for any number of"
              + " labels; told by its scores unless given")
  private Optional<Activation> activation = Optional.empty();

  static HelpSection section() {
    return HelpSection.of(
        "Model",
        "--model --engine --device --provider --threads --labels",
        "--resize --interpolation --crop --mean --std --scores --activation");
  }

  boolean isNamed() {
    return model.isPresent();
  }

  /**
   * @throws Failure (exit 2) if none is named
   */
  Path path() {
    return model.orElseThrow(
        () -> Failure.badInput("no model is named; name an ONNX file with --model FILE"));
  }

  ServedModel load() {
    return load(path(), Device.cpu());
  }

  /**
   * @throws Failure (exit 4) if archives are to be run and nothing here runs them
   */
  void requireEngine() {
    if (engine == Engine.pytorch) {
      TorchScriptLoader.engine();
    }
  }

  private ServedModel load(Path file, Device device) {
    if (ModelFormat.of(file) == ModelFormat.TORCHSCRIPT) {
      requireArchivesAreRun(file);
      return TorchScriptLoader.load(file, preprocessing(), scoring(), device, threads());
    }
    if (engine == Engine.pytorch && file.equals(path())) {
      throw Failure.badInput(
          "[%s] --engine pytorch runs TorchScript archives, and this is none; leave it out for an"
              + " ONNX file",
          file.getFileName());
    }
    return ModelLoader.loadBesideDecoders(file, preprocessing(), scoring(), device, threads());
  }

  private void requireArchivesAreRun(Path file) {
    if (engine != Engine.pytorch) {
      throw Failure.badInput(
          "[%s] it is a TorchScript archive, and ONNX Runtime runs ONNX files; add --engine pytorch"
              + " to run it by libtorch, or export it with exporter onnx",
          file.getFileName());
    }
  }

  /** The same file on each device. */
  private ReadModel.OfImages load(Path file, List<Device> devices) {
    List<ServedModel> opened = new ArrayList<>();
    try {
      devices.forEach(device -> opened.add(load(file, device)));
      return new ReadModel.OfImages(opened.get(0), opened.subList(1, opened.size()));
    } catch (RuntimeException e) {
      opened.forEach(ServedModel::close);
      throw e;
    }
  }

  private PreprocessingOptions preprocessing() {
    return new PreprocessingOptions(resize, interpolation, crop, mean, std, labels);
  }

  private ScoringOptions scoring() {
    return new ScoringOptions(scores, activation);
  }

  /**
   * Reads what these options say.
   *
   * @param devices that models run on
   * @param warn is told what their user should know
   */
  ModelReader reader(List<Device> devices, Consumer<String> warn) {
    return new ModelReader() {
      @Override
      public boolean takes(String fileName) {
        return ModelFormat.ONNX.isName(fileName)
            || (engine == Engine.pytorch && ModelFormat.TORCHSCRIPT.isName(fileName));
      }

      @Override
      public ReadModel read(Path file) {
        return ModelOptions.this.read(file, devices, warn);
      }
    };
  }

  /**
   * As a classifier of images; what says nothing of images is read as a network of tensors.
   *
   * @param devices that it runs on
   * @param warn is told what its user should know
   */
  ReadModel read(Path file, List<Device> devices, Consumer<String> warn) {
    try {
      ReadModel.OfImages served = load(file, devices);
      served.model().note().ifPresent(warn);
      return served;
    } catch (Failure noImages) {
      if (noImages.code() == ExitCode.UNSUPPORTED
          || ModelFormat.of(file) == ModelFormat.TORCHSCRIPT) {
        throw noImages; // the device cannot run it; or it says nothing of its tensors' shapes
      }
      Optional<HeadModel> head = HeadModel.open(file);
      if (head.isPresent()) {
        return new ReadModel.OfHead(head.get());
      }
      if (!preprocessing().equals(PreprocessingOptions.NONE)
          || !scoring().equals(ScoringOptions.NONE)) {
        throw noImages; // the user says that it takes images
      }
      TensorModel tensors = TensorModel.open(file, devices.get(0), threads());
      if (tensors.hasCard()) {
        tensors.close();
        throw noImages;
      }
      warn.accept(
          "it takes no images, only tensors at /v2/models/…/infer, since "
              + Failure.reason(noImages));
      return new ReadModel.OfTensors(tensors, Failure.reason(noImages));
    }
  }

  /** Whether the user says how many threads a run has. */
  boolean hasThreads() {
    return threads > 0;
  }

  int threads() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }
}
