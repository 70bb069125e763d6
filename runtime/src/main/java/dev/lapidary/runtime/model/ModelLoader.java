package dev.lapidary.runtime.model;

import ai.onnxruntime.OrtException;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.manifest.LabelFile;
import dev.lapidary.runtime.batch.BatchFunction;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Opens an ONNX classifier, with what its card or the user says of it. */
public final class ModelLoader {
  private ModelLoader() {}

  /**
   * Of a file that says all by itself, where nobody can be asked.
   *
   * @param path an ONNX file, or a folder with exactly one
   * @param threads that one run of the network uses
   * @throws Failure (exit 2) if it cannot be served or does not say how images are preprocessed
   */
  public static ServedModel load(Path path, int threads) {
    return load(path, Device.cpu(), threads);
  }

  /**
   * The same where the user says what the file does not, for a process that decodes images beside
   * the runs: threads of a run that wait for each other leave the processor to others.
   *
   * @throws Failure (exit 2) if it cannot be served, (exit 4) if the device cannot be used
   */
  public static ServedModel loadBesideDecoders(
      Path path, PreprocessingOptions options, ScoringOptions scoring, Device device, int threads) {
    return load(
        new ModelFile.OnDisk(fileOf(path)), Optional.of(options), scoring, device, threads, false);
  }

  /**
   * The same on a device, of a file that says all of itself.
   *
   * @throws Failure (exit 2) if it cannot be served, (exit 4) if the device cannot be used
   */
  public static ServedModel load(Path path, Device device, int threads) {
    ModelFile file = new ModelFile.OnDisk(fileOf(path));
    return load(file, Optional.empty(), ScoringOptions.NONE, device, threads, true);
  }

  /**
   * The same of a file's bytes.
   *
   * @param name for messages, such as the file's
   */
  public static ServedModel load(byte[] model, String name, Device device, int threads) {
    ModelFile file = new ModelFile.InMemory(model, name);
    return load(file, Optional.empty(), ScoringOptions.NONE, device, threads, true);
  }

  private static ServedModel load(
      ModelFile file,
      Optional<PreprocessingOptions> options,
      ScoringOptions scoring,
      Device device,
      int threads,
      boolean spins) {
    Supplier<String> sha256 = file.sha256Meanwhile();
    OnnxNetwork network = network(file, device, threads, spins);
    try {
      Optional<ModelCard> card =
          network
              .metadata(ModelCard.METADATA_KEY)
              .map(json -> CardJson.read(json, file.fileName()));
      return served(
          new ReadNetwork(
              network, ModelFormat.ONNX, file.fileName(), sha256.get(), card, file.ending()),
          options,
          scoring);
    } catch (OrtException e) {
      network.close();
      throw Failure.badInput(
          "[%s] ONNX Runtime cannot run it: %s", file.fileName(), Failure.reason(e));
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  private static OnnxNetwork network(ModelFile file, Device device, int threads, boolean spins) {
    try {
      return OnnxNetwork.open(file, device, threads, spins);
    } catch (Failure e) {
      throw HeadModel.alone(file).orElse(e);
    }
  }

  private static Path fileOf(Path path) {
    if (Files.isRegularFile(path)) {
      return path;
    }
    if (!Files.isDirectory(path)) {
      throw Failure.badInput("%s is neither an ONNX file nor a folder with one", path);
    }
    List<Path> found;
    try (Stream<Path> entries = Files.list(path)) {
      found = entries.filter(p -> p.toString().endsWith(".onnx")).sorted().toList();
    } catch (IOException e) {
      throw Failure.badInput("%s cannot be listed: %s", path, Failure.reason(e));
    }
    if (found.size() != 1) {
      throw Failure.badInput(
          "%s holds %d .onnx files, expected 1; name the file with --model", path, found.size());
    }
    return found.get(0);
  }

  /**
   * A file that was opened, and what it says of itself.
   *
   * @param ending what the last operators make of its logits
   */
  record ReadNetwork(
      ImageNetwork network,
      ModelFormat format,
      String fileName,
      String sha256,
      Optional<ModelCard> card,
      Ending ending) {
    TensorSpec input() {
      return network.tensors().inputs().get(0);
    }

    /** N, C, H, W, in whatever order the network has them. */
    long[] inputShape() {
      return InputForm.of(input()).nchw(input().shape());
    }
  }

  /** The network is closed by whoever opened it if this refuses it. */
  static ServedModel served(
      ReadNetwork read, Optional<PreprocessingOptions> options, ScoringOptions scoring) {
    ImageNetwork network = read.network();
    String fileName = read.fileName();
    Optional<ModelCard> card = read.card();
    Preprocessing preprocessing = preprocessing(read, options);
    requireFits(preprocessing, read.inputShape(), fileName);
    BatchFunction run = new OwnFunction(network, preprocessing);
    float[] sample = sample(run, preprocessing.inputLength(), network.engine(), fileName);
    boolean alone =
        card.flatMap(ModelCard::quantization)
            .filter(ModelCard.Quantization::dependsOnBatch)
            .isPresent();
    return new ServedModel(
        card.map(ModelCard::name).orElse(ModelFormat.stem(fileName)),
        card.map(ModelCard::version).orElse("1"),
        read.sha256(),
        labels(card, options, sample.length, fileName),
        new ServedModel.Signature(read.input().name(), network.tensors().outputs().get(0).name()),
        preprocessing,
        read.input().isBatched() && !alone,
        run,
        scoring.choose(card, read.ending(), sample, fileName),
        card,
        scoring
            .note(card, read.ending(), fileName)
            .or(() -> alone ? Optional.of(oneByOne(fileName)) : Optional.empty()),
        network);
  }

  private static String oneByOne(String fileName) {
    return "[%s] its answers depend on the images in the same batch (%s): images run one by one"
        .formatted(fileName, ModelCard.Quantization.DYNAMIC);
  }

  private static Preprocessing preprocessing(
      ReadNetwork read, Optional<PreprocessingOptions> options) {
    String fileName = read.fileName();
    Optional<ModelCard> card = read.card();
    requireSameForm(InputForm.of(read.input()), card, fileName);
    Optional<Preprocessing> said = card.flatMap(ModelCard::preprocessing);
    if (said.isEmpty()) {
      return options
          .orElseThrow(() -> withoutPreprocessing(read))
          .preprocessing(read.inputShape(), read.format(), fileName);
    }
    options.ifPresent(o -> o.requireNoneWithCard(fileName));
    return card.get().input().anySize() ? beforeResize(said.get(), fileName) : said.get();
  }

  private static Failure withoutPreprocessing(ReadNetwork read) {
    return Failure.badInput(
        "[%s] it does not say how its images are preprocessed (no %s); export it with exporter %s",
        read.fileName(), read.format().card(), read.format().command());
  }

  /** Images go in at the size that the graph's own resize leaves as it is. */
  private static Preprocessing beforeResize(Preprocessing rule, String fileName) {
    if (!rule.cropsInside()) {
      throw Failure.badInput(
          "[%s] its graph resizes to %d and crops %dx%d, expected a crop inside of the resized"
              + " image; export it again",
          fileName, rule.resizeSize(), rule.cropHeight(), rule.cropWidth());
    }
    return Preprocessor.beforeResize(rule).rule();
  }

  /** Levels mean something only where a card says so. */
  private static void requireSameForm(InputForm form, Optional<ModelCard> card, String fileName) {
    String said =
        card.map(ModelCard::input)
            .map(input -> input.layout() + " " + input.dtype())
            .orElseGet(InputForm.NCHW_FLOAT32::toString);
    if (!said.equals(form.toString())) {
      throw Failure.badInput(
          "[%s] its graph takes %s but %s; export it with exporter onnx",
          fileName,
          form,
          card.isPresent() ? "its card says " + said : "no card says what they mean");
    }
  }

  private static void requireFits(Preprocessing preprocessing, long[] shape, String fileName) {
    long[] own = {preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth()};
    for (int i = 0; i < own.length; i++) {
      if (shape[i + 1] > 0 && shape[i + 1] != own[i]) {
        throw Failure.badInput(
            "[%s] the preprocessing gives %dx%dx%d (C, H, W) but the graph takes %dx%dx%d",
            fileName, own[0], own[1], own[2], shape[1], shape[2], shape[3]);
      }
    }
  }

  /** What it gives for zeros; a graph may leave its output's shape open, and this tells it. */
  private static float[] sample(
      BatchFunction run, int inputLength, InferenceEngine engine, String fileName) {
    try {
      return run.run(FloatNetwork.direct(inputLength), 1);
    } catch (Exception e) {
      throw Failure.badInput(
          "[%s] %s cannot run it: %s", fileName, engine.label(), Failure.reason(e));
    }
  }

  private static List<String> labels(
      Optional<ModelCard> card,
      Optional<PreprocessingOptions> options,
      int classes,
      String fileName) {
    List<String> labels = card.map(ModelCard::labels).orElse(List.of());
    Optional<Path> given = options.flatMap(PreprocessingOptions::labels);
    if (!labels.isEmpty() && given.isPresent()) {
      throw Failure.badInput("[%s] its card has labels; leave out --labels", fileName);
    }
    if (given.isPresent()) {
      labels = LabelFile.read(given.get());
    }
    if (labels.isEmpty()) {
      return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }
    if (labels.size() != classes) {
      throw Failure.badInput(
          "[%s] there are %d labels but the network has %d classes",
          fileName, labels.size(), classes);
    }
    return labels;
  }
}
