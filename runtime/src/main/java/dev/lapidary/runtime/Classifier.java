package dev.lapidary.runtime;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * An exported image classifier in this process. Labels, preprocessing and how scores are made come
 * from the file's own card, and the file is opened only if it answers the card's golden images as
 * it did when it was exported.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.open(Path.of("model.onnx"))) {
 *   classifier.classify(Files.readAllBytes(Path.of("sneaker.jpg"))).top(5).forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>Files are ONNX, and ONNX Runtime runs them. TorchScript archives are for {@code exporter
 * onnx}, which writes such a file of one, and for {@code serve run --engine pytorch}.
 *
 * <p>Thread-safe: one classifier serves a whole program. Once it is closed every call throws {@link
 * IllegalStateException}. Images are file bytes: JPEG, PNG, WebP, BMP or GIF, told by their
 * content.
 */
public final class Classifier implements AutoCloseable {
  private final ServedModel model;
  private final ClassifierOptions options;
  private @Nullable ImageQueue queue;
  private volatile boolean closed;

  private Classifier(ServedModel model, ClassifierOptions options) {
    this.model = model;
    this.options = options;
  }

  /**
   * Opens a file that {@code exporter onnx} wrote, or a folder with exactly one.
   *
   * <pre>{@code
   * Classifier classifier = Classifier.open(Path.of("model.onnx"));
   * }</pre>
   *
   * @throws Failure with one line that says what is wrong and what to do: no such file, no
   *     classifier, no card, a card of a newer version, golden images that are answered otherwise,
   *     no library for this machine
   */
  public static Classifier open(Path file) {
    return open(file, ClassifierOptions.DEFAULT);
  }

  /**
   * The same with options.
   *
   * <pre>{@code
   * ClassifierOptions onTheGpu = ClassifierOptions.DEFAULT.withDevice(Device.cuda(0));
   * Classifier classifier = Classifier.open(Path.of("model.onnx"), onTheGpu);
   * }</pre>
   *
   * @throws Failure as {@link #open(Path)}; also if the device cannot be used
   */
  public static Classifier open(Path file, ClassifierOptions options) {
    return proven(ModelLoader.load(file, options.device(), options.threadsOrAll()), options);
  }

  /**
   * Opens a model that lies beside a class, in a jar or a module's folder.
   *
   * <pre>{@code
   * Classifier classifier =
   *     Classifier.openResource(Shoes.class, "shoes.onnx", ClassifierOptions.DEFAULT);
   * }</pre>
   *
   * @param name as {@link Class#getResourceAsStream} takes it; under 2 GiB, with its weights inside
   * @throws Failure as {@link #open(Path)}; also if there is no such resource
   */
  public static Classifier openResource(Class<?> beside, String name, ClassifierOptions options) {
    byte[] bytes;
    try (InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw Failure.badInput("[%s] there is no such resource beside %s", name, beside.getName());
      }
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be read: %s", name, Failure.reason(e));
    }
    return proven(ModelLoader.load(bytes, name, options.device(), options.threadsOrAll()), options);
  }

  private static Classifier proven(ServedModel model, ClassifierOptions options) {
    try {
      Optional<String> failure = model.goldenFailure();
      if (failure.isPresent()) {
        throw Failure.gate(
            "[%s] it does not answer here as it did when it was exported: %s; export it again on"
                + " this machine's kind, or use the ONNX Runtime that its card names%s",
            model.name(), failure.get(), OnnxRuntime.several());
      }
      return new Classifier(model, options);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * By index.
   *
   * <pre>{@code
   * int classes = classifier.labels().size();
   * }</pre>
   */
  public List<String> labels() {
    return model.labels();
  }

  /**
   * What the file says of itself; empty if it has no card.
   *
   * <pre>{@code
   * String trainedFrom = classifier.card().orElseThrow().provenance().weightsSource();
   * }</pre>
   */
  public Optional<ModelCard> card() {
    return model.card();
  }

  /**
   * Of the file, in hex: what to log beside an answer.
   *
   * <pre>{@code
   * log.info("model {}", classifier.sha256());
   * }</pre>
   */
  public String sha256() {
    return model.sha256();
  }

  /**
   * One image, on the calling thread.
   *
   * <pre>{@code
   * Prediction best = classifier.classify(bytes).best();
   * }</pre>
   *
   * @throws UndecodableImage if the bytes are no image, or over a limit
   */
  public Classification classify(byte[] image) {
    return classification(outputs(preprocess(image), 1));
  }

  /**
   * The same of a file, whose size is looked at before it is read.
   *
   * <pre>{@code
   * Prediction best = classifier.classify(Path.of("sneaker.jpg")).best();
   * }</pre>
   *
   * @throws UndecodableImage if it is no image, or over a limit
   */
  public Classification classify(Path image) throws IOException {
    return classify(options.limits().read(image));
  }

  /**
   * Many images, decoded on the calling thread and run in batches of at most {@link
   * ClassifierOptions#maxBatch}.
   *
   * <pre>{@code
   * List<Classification> answers = classifier.classifyAll(List.of(first, second));
   * }</pre>
   *
   * @return one an image, in their order
   * @throws UndecodableImage for the first that is no image, as {@code image 1: …}
   */
  public List<Classification> classifyAll(List<byte[]> images) {
    requireOpen();
    int length = inputLength();
    int max = model.batches() ? options.maxBatch() : 1;
    List<Classification> answers = new ArrayList<>(images.size());
    for (int from = 0; from < images.size(); from += max) {
      int count = Math.min(max, images.size() - from);
      FloatBuffer inputs = FloatNetwork.direct(Math.multiplyExact(count, length));
      for (int i = from; i < from + count; i++) {
        try {
          inputs.put(preprocess(images.get(i)));
        } catch (UndecodableImage e) {
          throw e.at("image " + i);
        }
      }
      float[] outputs = outputs(inputs.flip(), count);
      int classes = outputs.length / count;
      for (int i = 0; i < count; i++) {
        answers.add(classification(Arrays.copyOfRange(outputs, i * classes, (i + 1) * classes)));
      }
    }
    return answers;
  }

  /**
   * One image, decoded on the common pool and run together with those that other callers have
   * queued.
   *
   * <pre>{@code
   * classifier.classifyAsync(bytes).thenAccept(answer -> reply(answer.best()));
   * }</pre>
   *
   * @return fails with {@link UndecodableImage}, or with {@link Failure} if the network fails. Once
   *     it is done otherwise, by {@code cancel} or {@code orTimeout}, its image is not run any more
   */
  public CompletableFuture<Classification> classifyAsync(byte[] image) {
    return classifyAsync(image, ForkJoinPool.commonPool());
  }

  /**
   * The same with the executor that images are decoded on: its queue is what bounds the images that
   * wait.
   *
   * <pre>{@code
   * ExecutorService decoders = Executors.newFixedThreadPool(4);
   * CompletableFuture<Classification> answer = classifier.classifyAsync(bytes, decoders);
   * }</pre>
   */
  @SuppressWarnings("FutureReturnValueIgnored") // to cancel throws nothing
  public CompletableFuture<Classification> classifyAsync(byte[] image, Executor executor) {
    CompletableFuture<float[]> outputs = queue().run(() -> tensor(image), executor);
    CompletableFuture<Classification> answer = outputs.thenApply(this::classification);
    answer.whenComplete((ignored, error) -> outputs.cancel(false));
    return answer;
  }

  /**
   * An image's embedding, of a file that was exported with {@code --output features}.
   *
   * <pre>{@code
   * float[] embedding = features.features(bytes);
   * }</pre>
   *
   * @return [features], as the network gives them
   * @throws Failure (exit 2) if the file gives scores of classes
   * @throws UndecodableImage if the bytes are no image, or over a limit
   */
  public float[] features(byte[] image) {
    if (!model.givesFeatures()) {
      throw Failure.badInput(
          "[%s] it gives scores of classes and no features; export the same source once more with"
              + " exporter onnx --output features",
          model.name());
    }
    return outputs(preprocess(image), 1);
  }

  /**
   * The input tensor's shape of one image: channels, height, width.
   *
   * <pre>{@code
   * List<Integer> shape = classifier.inputShape(); // [3, 224, 224]
   * }</pre>
   */
  public List<Integer> inputShape() {
    var rule = model.preprocessing();
    return List.of(rule.channels(), rule.cropHeight(), rule.cropWidth());
  }

  /**
   * An image as the network takes it: decoded, upright, resized, cropped, normalized.
   *
   * <pre>{@code
   * float[] tensor = classifier.preprocess(bytes);
   * }</pre>
   *
   * @return {@code [C, H, W]} float32; of a file with embedded preprocessing the levels from 0 to
   *     255, {@code [H, W, C]}, and if it resizes as well, of the size that it leaves as it is
   * @throws UndecodableImage if the bytes are no image, or over a limit
   */
  public float[] preprocess(byte[] image) {
    requireOpen();
    return model.inputOf(image, options.limits());
  }

  /**
   * One run of the network on ready tensors.
   *
   * <pre>{@code
   * float[] logits = classifier.outputs(classifier.preprocess(bytes), 1);
   * }</pre>
   *
   * @param inputs of {@code count} images, one after the other, as {@link #preprocess} gives them
   * @return {@code [count, classes]} as the network gives them, without softmax
   * @throws Failure (exit 1) if the network fails
   */
  public float[] outputs(float[] inputs, int count) {
    requireLength(inputs.length, count);
    return outputs(FloatNetwork.direct(inputs), count);
  }

  /**
   * The same of a direct buffer in the machine's byte order, which is not copied.
   *
   * <pre>{@code
   * FloatBuffer inputs =
   *     ByteBuffer.allocateDirect(4 * length).order(ByteOrder.nativeOrder()).asFloatBuffer();
   * float[] logits = classifier.outputs(inputs, 1);
   * }</pre>
   */
  public float[] outputs(FloatBuffer inputs, int count) {
    requireOpen();
    requireLength(inputs.remaining(), count);
    if (count > 1 && !model.batches()) {
      throw Failure.badInput(
          "[%s] its images run one by one but found %d in one call", model.name(), count);
    }
    try {
      return model.network().run(inputs, count);
    } catch (Exception e) {
      requireOpen();
      throw Failure.failed("[%s] the network failed: %s", model.name(), Failure.reason(e));
    }
  }

  /**
   * Answers what {@link #classifyAsync} has queued, waits for runs that are under way, and gives
   * the network's memory back. A second call does nothing.
   *
   * <pre>{@code
   * classifier.close();
   * }</pre>
   */
  @Override
  public void close() {
    ImageQueue running;
    synchronized (this) {
      closed = true;
      running = queue;
    }
    if (running != null) {
      running.close();
    }
    model.close();
  }

  private synchronized ImageQueue queue() {
    requireOpen();
    ImageQueue running = queue;
    if (running == null) {
      running = new ImageQueue(model, options);
      queue = running;
    }
    return running;
  }

  private TypedTensor tensor(byte[] image) {
    requireOpen();
    return model.tensorOf(image, options.limits());
  }

  private Classification classification(float[] outputs) {
    if (model.givesFeatures()) {
      throw Failure.badInput(
          "[%s] it gives features and no scores of classes; call features, or export it without"
              + " --output",
          model.name());
    }
    for (float output : outputs) {
      if (Float.isNaN(output)) {
        throw Failure.failed("[%s] the network gave NaN for the image", model.name());
      }
    }
    return new Classification(model.labels(), model.scoring(), outputs);
  }

  private int inputLength() {
    return model.preprocessing().inputLength();
  }

  private void requireLength(int floats, int count) {
    if (count < 1 || floats != (long) count * inputLength()) {
      throw new IllegalArgumentException(
          "%d floats are not %d images of %s, %d floats each"
              .formatted(floats, count, inputShape(), inputLength()));
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the classifier " + model.name() + " is closed");
    }
  }
}
