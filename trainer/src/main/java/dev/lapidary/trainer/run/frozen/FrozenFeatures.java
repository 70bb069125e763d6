package dev.lapidary.trainer.run.frozen;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.trainer.augment.Augmentation;
import dev.lapidary.trainer.data.Batch;
import dev.lapidary.trainer.data.BatchSource;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.EpochOrder;
import dev.lapidary.trainer.data.FeatureFile;
import dev.lapidary.trainer.data.Loader;
import dev.lapidary.trainer.data.Sample;
import dev.lapidary.trainer.plan.StageConfig;
import dev.lapidary.trainer.program.TrainingProgram;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.BatchTensors;
import dev.lapidary.trainer.run.stage.StageRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the frozen part of a network makes of a stage's images: computed once for each variant of
 * the augmentation and kept in a file, or, to compare, computed anew for each epoch.
 *
 * <p>Always in the data's order and in batches of the stage's size, a short one filled with
 * repeats: the last bits depend on a batch's size and, where a vectorized sigmoid or exponential
 * ends in a scalar remainder, on an image's index in its batch.
 */
public final class FrozenFeatures implements AutoCloseable {
  private static final String SUFFIX = ".features";
  private static final String TEMPORARY = ".tmp";

  private final RunInputs inputs;
  private final TrainingProgram program;
  private final Progress progress;
  private final BooleanSupplier stop;
  private final Path folder;
  private final String name;
  private final String key;
  private final int cut;
  private final int batchSize;
  private final int variants;
  private final Loader loader;
  private final Map<String, FeatureFile> open = new HashMap<>();

  private FrozenFeatures(
      RunInputs inputs,
      TrainingProgram program,
      Progress progress,
      BooleanSupplier stop,
      Path folder,
      int index,
      StageRun stage) {
    StageConfig config = stage.config();
    Augmentation augmentation = inputs.augmentation(config);
    this.inputs = inputs;
    this.program = program;
    this.progress = progress;
    this.stop = stop;
    this.folder = folder;
    this.name = "stage-" + index + "-";
    this.cut = inputs.prefixes().number(index);
    this.batchSize = config.batchSize();
    this.variants = augmentation.isNone() ? 1 : config.cacheVariants();
    this.key = key(index, stage, augmentation);
    int images = inputs.data().learned().images().size();
    this.loader = inputs.loader(new ByVariant(augmentation, images), 0);
  }

  /**
   * Empty, with the reason said, if the stage keeps nothing. Files of other stages are removed.
   *
   * @param stop asked after each batch
   */
  public static Optional<FrozenFeatures> enter(
      RunInputs inputs,
      TrainingProgram program,
      Progress progress,
      BooleanSupplier stop,
      Path folder,
      int index,
      StageRun stage)
      throws IOException {
    removeOthers(folder, "stage-" + index + "-");
    if (inputs.prefixes().number(index) == 0) {
      return Optional.empty();
    }
    FrozenFeatures features =
        new FrozenFeatures(inputs, program, progress, stop, folder, index, stage);
    if (features.keeps() && !list(folder).isEmpty()) {
      return Optional.of(features); // they were found to be deterministic when they were written
    }
    if (features.areRandom()) {
      progress.say(
          "stage %s: no features are kept: the part before %s draws random numbers"
              .formatted(
                  stage.config().name(),
                  inputs.prefixes().stages().get(index).orElseThrow().before()));
      features.close();
      return Optional.empty();
    }
    return Optional.of(features);
  }

  /** The batches of an epoch, from the first that is not done. */
  public BatchSource training(int[] order, int epoch, int firstBatch) {
    int variant = epoch % variants;
    Dataset data = inputs.data().learned().images();
    String which = "variant-%03d".formatted(variant);
    FeatureFile file = file(which, data, () -> loader.inOrder(batchSize, variant), batchSize);
    return new KeptBatches(file, data, order, batchSize, firstBatch, cut);
  }

  /**
   * The batches of a validation.
   *
   * @param images of {@link BatchTensors#EVALUATED_AT_ONCE}, in the data's order
   */
  public BatchSource validation(Dataset data, Supplier<BatchSource> images) {
    int size = BatchTensors.EVALUATED_AT_ONCE;
    FeatureFile file = file("validation", data, images, size);
    int[] order = EpochOrder.AS_LISTED.samples(data, 0, 0);
    return new KeptBatches(file, data, order, size, 0, cut);
  }

  /** Removes what stages have kept. */
  public static void remove(Path folder) throws IOException {
    removeOthers(folder, "no stage");
    Files.deleteIfExists(folder);
  }

  @Override
  public void close() {
    loader.close();
    open.clear();
  }

  private boolean keeps() {
    return inputs.config().data().cacheFeatures();
  }

  private FeatureFile file(String which, Dataset data, Supplier<BatchSource> images, int size) {
    return keeps()
        ? open.computeIfAbsent(which, w -> openOrWrite(w, data, images, size))
        : openOrWrite(which, data, images, size);
  }

  private FeatureFile openOrWrite(
      String which, Dataset data, Supplier<BatchSource> images, int size) {
    Path path = folder.resolve(name + which + SUFFIX);
    String whole = Sha256.of(key + "\n" + which + "\n" + names(data) + "\n" + size);
    Optional<FeatureFile> kept =
        keeps() ? FeatureFile.open(path, whole, data.size(), progress::say) : Optional.empty();
    if (kept.isPresent()) {
      return kept.get();
    }
    long start = System.nanoTime();
    try (BatchSource features = computed(images.get(), size)) {
      FeatureFile.write(path, whole, data.size(), features);
      progress.say(
          Phrase.of(
              "features of %d images (%s), %d MB, computed in %.1f s",
              data.size(),
              which,
              Files.size(path) >> 20,
              (double) (System.nanoTime() - start) / 1e9));
    } catch (IOException | UncheckedIOException e) {
      throw Failure.failed(
          "[%s] the features of %d images cannot be written: %s; make room, then go on with"
              + " 'trainer resume', or keep fewer variants (cache-variants)",
          path, data.size(), Failure.reason(e));
    }
    return FeatureFile.open(path, whole, data.size(), progress::say)
        .orElseThrow(
            () ->
                Failure.failed("[%s] what was written cannot be read back; check the disk", path));
  }

  /** Ends early if the run is to stop: the file is not written then. */
  private BatchSource computed(BatchSource images, int size) {
    return new BatchSource() {
      @Override
      public boolean hasNext() {
        return images.hasNext() && !(keeps() && stop.getAsBoolean());
      }

      @Override
      public Batch next() {
        return features(images.next(), size);
      }

      @Override
      public void close() {
        images.close();
      }
    };
  }

  private Batch features(Batch images, int size) {
    int length = inputs.network().preprocessing().inputLength();
    float[] full = Arrays.copyOf(images.images(), size * length);
    for (int row = images.count(); row < size; row++) {
      System.arraycopy(full, row % images.count() * length, full, row * length, length);
    }
    try (NDManager step = program.newStep()) {
      NDArray features = compute(step, full, size, 0);
      long[] shape = features.getShape().getShape();
      List<Integer> row =
          Arrays.stream(shape).skip(1).mapToObj(Math::toIntExact).collect(Collectors.toList());
      return Batch.ofFeatures(
          features.toFloatArray(), new Batch.Entry(cut, row), images.labels(), images.samples());
    }
  }

  private NDArray compute(NDManager step, float[] images, int count, long seed) {
    NDArray array =
        step.create(
            FloatBuffer.wrap(images), BatchTensors.shape(count, inputs.network().preprocessing()));
    return program.features(step, cut, array, seed);
  }

  /** The same batch with another seed must give the same bits. */
  private boolean areRandom() {
    int length = inputs.network().preprocessing().inputLength();
    try (BatchSource images = loader.inOrder(batchSize, 0);
        NDManager step = program.newStep()) {
      Batch batch = images.next();
      float[] values = Arrays.copyOf(batch.images(), batch.count() * length);
      float[] first = compute(step, values, batch.count(), 1).toFloatArray();
      float[] second = compute(step, values, batch.count(), 2).toFloatArray();
      return !Arrays.equals(first, second);
    }
  }

  /** Of everything that the numbers depend on but the variant. */
  private String key(int index, StageRun stage, Augmentation augmentation) {
    return String.join(
        "\n",
        inputs.prefixes().stages().get(index).orElseThrow().toString(),
        stage.frozenSha256(),
        inputs.network().preprocessing().toString(),
        inputs.identity().manifestSha256(),
        augmentation.toString(),
        "seed " + inputs.config().seed(),
        inputs.identity().libtorch(),
        "threads " + inputs.identity().threads(),
        inputs.identity().capability(),
        inputs.config().firstDevice(),
        "channels last " + inputs.config().channelsLast());
  }

  private static String names(Dataset data) {
    return data.samples().stream().map(Sample::name).collect(Collectors.joining("\n"));
  }

  private static void removeOthers(Path folder, String prefix) throws IOException {
    for (Path file : list(folder)) {
      String title = file.getFileName().toString();
      if (!title.startsWith(prefix) || title.endsWith(TEMPORARY)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
