package dev.lapidary.spark.score;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A model in this JVM: one ONNX Runtime session for all tasks, kept until the JVM ends, and checked
 * before its first answer at each size of a batch. Thread-safe.
 */
public final class ExecutorModel {
  private static final Map<Key, ExecutorModel> LOADED = new ConcurrentHashMap<>();

  private static final int LONGEST_COMMAND = 3500;

  private final ServedModel model;
  private final Map<Integer, PaddedNetwork> checked = new ConcurrentHashMap<>();
  private final Map<Integer, Optional<String>> dependences = new ConcurrentHashMap<>();

  private record Key(String sha256, int threads) {}

  private ExecutorModel(ServedModel model) {
    this.model = model;
  }

  /**
   * @param file called only if the JVM does not have the model
   * @param threads that one run of the network uses
   * @throws Failure if it cannot be loaded
   */
  public static ExecutorModel of(String sha256, Supplier<ShippedModel> file, int threads) {
    return LOADED.computeIfAbsent(
        new Key(sha256, threads), key -> new ExecutorModel(load(file.get(), threads)));
  }

  /** ONNX Runtime and the reader of a graph's ending both take files. */
  private static ServedModel load(ShippedModel file, int threads) {
    boolean reports = !"1".equals(System.getenv("ORT_DISABLE_TELEMETRY"));
    requireHarmlessReport(file.name(), commandLine(), reports);
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-model-")) {
      Path path = folder.resolve(file.name());
      Files.write(path, file.bytes());
      return ModelLoader.load(path, threads);
    } catch (IOException e) {
      throw Failure.failed(
          "[%s] cannot be unpacked into %s: %s",
          file.name(), System.getProperty("java.io.tmpdir"), e);
    } catch (LinkageError e) {
      throw Failure.failed("[%s] ONNX Runtime does not start here: %s", file.name(), e);
    }
  }

  /**
   * ONNX Runtime 1.29 reports usage, and its report of a command line over some 4000 characters
   * overflows the stack: the whole executor would die, without a word.
   *
   * @see <a href="https://github.com/microsoft/onnxruntime/issues/32173">The issue</a>
   */
  static void requireHarmlessReport(String name, int commandLine, boolean reports) {
    if (reports && commandLine > LONGEST_COMMAND) {
      throw Failure.failed(
          "[%s] this JVM's command line has %d characters, and of more than %d ONNX Runtime's"
              + " report of usage dies; set ORT_DISABLE_TELEMETRY=1 in its environment (--conf"
              + " spark.executorEnv.ORT_DISABLE_TELEMETRY=1)",
          name, commandLine, LONGEST_COMMAND);
    }
  }

  /** 0 where it is not to be known; {@code ProcessHandle} knows no long ones. */
  private static int commandLine() {
    try {
      return Files.readAllBytes(Path.of("/proc/self/cmdline")).length;
    } catch (IOException e) {
      return 0;
    }
  }

  public ServedModel served() {
    return model;
  }

  /**
   * Its forward pass at a fixed size, known to answer here as the card says, and each image
   * whatever is beside it.
   *
   * @throws Failure (exit 3) if it does not
   */
  public ScoringNetwork atBatchSize(int batchSize) {
    return new ScoringNetwork(model, checked.computeIfAbsent(batchSize, this::check));
  }

  /** Why images must not run together here; empty if they may. */
  public Optional<String> dependence(int batchSize) {
    return dependences.computeIfAbsent(batchSize, this::measureDependence);
  }

  private Optional<String> measureDependence(int batchSize) {
    if (batchSize == 1) {
      return Optional.empty();
    }
    if (!model.batches()) {
      return Optional.of(
          model
              .note()
              .orElseGet(() -> "the graph takes one image at a time: images run one by one"));
    }
    try {
      return new BatchIndependence(padded(batchSize), inputLength()).violation();
    } catch (Exception e) {
      throw Failure.failed(
          "[%s] ONNX Runtime cannot run %d images: %s", model.name(), batchSize, Failure.reason(e));
    }
  }

  private PaddedNetwork check(int batchSize) {
    PaddedNetwork network = padded(batchSize);
    model
        .withNetwork(network)
        .goldenFailure()
        .ifPresent(
            reason -> {
              throw Failure.gate(
                  "[%s] it does not answer here as its card says: %s; this processor, Java or ONNX"
                      + " Runtime differs from the ones that it was exported with",
                  model.name(), reason);
            });
    dependence(batchSize)
        .ifPresent(
            reason -> {
              throw Failure.gate("[%s] %s; score with a batch size of 1", model.name(), reason);
            });
    return network;
  }

  private PaddedNetwork padded(int batchSize) {
    return new PaddedNetwork(model.network(), inputLength(), batchSize);
  }

  private int inputLength() {
    return model.preprocessing().inputLength();
  }
}
