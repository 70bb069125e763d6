package dev.lapidary.pytorch.libtorch;

import ai.djl.engine.Engine;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.runtime.model.ImageNetwork;
import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A classifier in libtorch: {@code [N, C, H, W]} float32 in, {@code [N, classes]} out. */
final class LibtorchNetwork implements ImageNetwork, TensorNetwork {
  /** As the exporter calls an ONNX file's. */
  private static final String OUTPUT = "logits";

  private static final long OPEN = -1;
  private static final int DIMENSIONS = 2;

  private final Source source;
  private final LibtorchModule module;
  private final String version;
  private final int threads;
  private final TensorSpec inputSpec;
  private final TensorSpec outputSpec;

  /**
   * Where it comes from, to open it once more.
   *
   * @param input its name
   * @param channels of one image, as height and width are
   */
  record Source(Path file, String input, int channels, int height, int width) {
    String fileName() {
      return String.valueOf(file.getFileName());
    }

    int inputLength() {
      return Math.multiplyExact(channels, Math.multiplyExact(height, width));
    }
  }

  private LibtorchNetwork(
      Source source,
      LibtorchModule module,
      String version,
      int threads,
      boolean batches,
      int classes) {
    this.source = source;
    this.module = module;
    this.version = version;
    this.threads = threads;
    long count = batches ? OPEN : 1;
    this.inputSpec =
        new TensorSpec(
            source.input(),
            DataType.FP32,
            List.of(
                count, (long) source.channels(), (long) source.height(), (long) source.width()));
    this.outputSpec = new TensorSpec(OUTPUT, DataType.FP32, List.of(count, (long) classes));
  }

  /**
   * @param archive the file's, not kept: its tensors are views of the file
   * @throws Failure (exit 2) if libtorch cannot load it, or it is no classifier of such images
   */
  static LibtorchNetwork open(Source source, TorchScriptArchive archive, int threads) {
    Engine engine = LibtorchCalls.engine(threads);
    LibtorchModule module = LibtorchModule.load(source.file(), archive, engine);
    try {
      int classes = classes(source, module);
      String version = engine.getVersion();
      return new LibtorchNetwork(
          source, module, version, threads, runsTwo(source, module, classes), classes);
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /** The archive does not say how many, and whether its program takes such images at all. */
  private static int classes(Source source, LibtorchModule module) {
    LibtorchModule.Answer answer;
    try {
      answer = module.run(zeros(source, 1), shape(source, 1));
    } catch (Failure e) { // of several outputs none is the usual one
      throw new Failure(
          e.code(),
          "[%s] %s; a server has no such option: write an archive of one output first, with exporter"
                  .formatted(source.fileName(), Failure.reason(e))
              + " torchscript");
    } catch (RuntimeException e) {
      throw Failure.badInput(
          "[%s] libtorch cannot run it on an image of %dx%dx%d (C, H, W): %s",
          source.fileName(),
          source.channels(),
          source.height(),
          source.width(),
          LibtorchCalls.reason(e));
    }
    long[] shape = answer.shape();
    if (shape.length != DIMENSIONS || shape[0] != 1 || shape[1] < 1) {
      throw Failure.badInput(
          "[%s] expected an output [N, classes] but for one image it gives %s; save a network whose"
              + " output are the logits",
          source.fileName(), Arrays.toString(shape));
    }
    return Math.toIntExact(shape[1]);
  }

  /** A traced program may hold the batch of its example as a number. */
  private static boolean runsTwo(Source source, LibtorchModule module, int classes) {
    try {
      long[] shape = module.run(zeros(source, 2), shape(source, 2)).shape();
      return shape.length == DIMENSIONS && shape[0] == 2 && shape[1] == classes;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static ByteBuffer zeros(Source source, int count) {
    int floats = Math.multiplyExact(count, source.inputLength());
    return ByteBuffer.allocateDirect(Math.multiplyExact(Float.BYTES, floats))
        .order(ByteOrder.nativeOrder());
  }

  private static long[] shape(Source source, long count) {
    return new long[] {count, source.channels(), source.height(), source.width()};
  }

  @Override
  public InferenceEngine engine() {
    return InferenceEngine.PYTORCH;
  }

  @Override
  public String engineVersion() {
    return version;
  }

  @Override
  public TensorNetwork tensors() {
    return this;
  }

  @Override
  public Device device() {
    return Device.cpu();
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public boolean hasThreadsOfItsOwn() {
    return false;
  }

  @Override
  public ImageNetwork again(int wanted, String sha256) {
    if (!Sha256.of(source.file()).equals(sha256)) {
      throw Failure.badInput("[%s] the file has changed since it was loaded", source.fileName());
    }
    return open(source, ArchiveReader.read(source.file()), wanted);
  }

  @Override
  public float[] run(FloatBuffer inputs, int count, int channels, int height, int width)
      throws Unrunnable {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Float.BYTES * inputs.remaining()).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(inputs.duplicate());
    FloatBuffer logits = run(bytes, count, channels, height, width).logits().asFloatBuffer();
    float[] copy = new float[logits.remaining()];
    logits.get(copy);
    return copy;
  }

  private LibtorchModule.Answer run(ByteBuffer images, long... shape) throws Unrunnable {
    try {
      return module.run(images, shape);
    } catch (RuntimeException e) {
      throw new Unrunnable("libtorch: " + LibtorchCalls.reason(e), e);
    }
  }

  @Override
  public List<TensorSpec> inputs() {
    return List.of(inputSpec);
  }

  @Override
  public List<TensorSpec> outputs() {
    return List.of(outputSpec);
  }

  @Override
  public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable {
    TypedTensor.Numbers images = (TypedTensor.Numbers) inputs.get(0);
    long[] shape = images.shape().stream().mapToLong(size -> size).toArray();
    LibtorchModule.Answer answer =
        run(images.direct(), shape); // DJL copies from others a number at a time
    if (!outputs.contains(OUTPUT)) {
      return List.of();
    }
    List<Long> given = Arrays.stream(answer.shape()).boxed().toList();
    return List.of(new TypedTensor.Numbers(OUTPUT, DataType.FP32, given, answer.logits()));
  }

  @Override
  public void close() {
    module.close();
  }
}
