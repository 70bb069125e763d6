package dev.lapidary.runtime.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.session.OnnxSession;
import dev.lapidary.runtime.tensor.OnnxTensors;
import dev.lapidary.runtime.tensor.TensorSpec;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A classifier in ONNX Runtime: input in one of two forms ({@link InputForm}), output {@code [N,
 * classes]} float32. Logits of one image may differ in the last bits with the size of the batch it
 * runs in, since the runtime picks its kernels by shape.
 */
public final class OnnxNetwork implements ImageNetwork {
  private static final Set<OnnxJavaType> INDICES = Set.of(OnnxJavaType.INT64, OnnxJavaType.INT32);

  /** Where it comes from, to open it once more. */
  private record Source(ModelFile file, Device device, int threads, boolean spins) {}

  private final Source source;
  private final OnnxSession session;
  private final OnnxTensors tensors;

  private OnnxNetwork(Source source, OnnxSession session, OnnxTensors tensors) {
    this.source = source;
    this.session = session;
    this.tensors = tensors;
  }

  /**
   * @param threads that one run uses
   * @param spins whether they go on spinning when a run has ended
   * @throws Failure (exit 2) if the file is no ONNX model or no image classifier, (exit 4) if the
   *     device cannot run it
   */
  static OnnxNetwork open(ModelFile file, Device device, int threads, boolean spins) {
    String fileName = file.fileName();
    OnnxSession session;
    try (OrtSession.SessionOptions options = OnnxSession.options(device, threads, spins)) {
      session = file.open(options);
    } catch (OrtException e) {
      if (device.isGpu()) {
        throw Failure.unsupported(
            "[%s] ONNX Runtime cannot open it on %s, with all of its operators there: %s",
            fileName, device, Failure.reason(e));
      }
      throw Failure.badInput(
          "[%s] ONNX Runtime cannot load it, expected an ONNX model: %s%s",
          fileName, Failure.reason(e), OnnxRuntime.several());
    }
    try {
      return of(new Source(file, device, threads, spins), session, fileName);
    } catch (OrtException e) {
      session.close();
      throw Failure.badInput(
          "[%s] ONNX Runtime cannot describe it: %s", fileName, Failure.reason(e));
    } catch (Failure e) {
      session.close();
      throw e;
    }
  }

  private static OnnxNetwork of(Source source, OnnxSession session, String fileName)
      throws OrtException {
    NodeInfo in = single(session.inputs(), fileName, "input");
    NodeInfo out = single(session.outputs(), fileName, "output");
    InputForm form = InputForm.of(in);
    OnnxJavaType type = form == InputForm.NHWC_UINT8 ? OnnxJavaType.UINT8 : OnnxJavaType.FLOAT;
    long batch = shape(in, type, 4, fileName, "float32 input [N, C, H, W]")[0];
    if (out.getInfo() instanceof TensorInfo tensor && INDICES.contains(tensor.type)) {
      throw withoutScores(fileName);
    }
    shape(out, OnnxJavaType.FLOAT, 2, fileName, "float32 output [N, classes]");
    if (batch > 1) {
      throw Failure.badInput(
          "[%s] its batch is fixed to %d images; export it with a dynamic batch", fileName, batch);
    }
    return new OnnxNetwork(source, session, OnnxTensors.of(session, fileName));
  }

  /** A network whose answer is the best class's number. */
  static Failure withoutScores(String fileName) {
    return Failure.badInput(
        "[%s] it gives the best class's number, as an argmax does, and no scores, of which an"
            + " answer is made; export a network whose output are the logits, or end it at the"
            + " layer that gives them: exporter onnx --output LAYER",
        fileName);
  }

  private static NodeInfo single(Map<String, NodeInfo> all, String fileName, String what) {
    if (all.size() != 1) {
      throw Failure.badInput(
          "[%s] an image classifier has one %s but this model has %d: %s",
          fileName, what, all.size(), all.keySet());
    }
    return all.values().iterator().next();
  }

  private static long[] shape(
      NodeInfo value, OnnxJavaType type, int rank, String fileName, String expected) {
    if (value.getInfo() instanceof TensorInfo tensor
        && tensor.type == type
        && tensor.getShape().length == rank) {
      return tensor.getShape();
    }
    throw Failure.badInput(
        "[%s] expected a %s but %s is %s", fileName, expected, value.getName(), value.getInfo());
  }

  /** {@code metadata_props[key]}. */
  Optional<String> metadata(String key) throws OrtException {
    return session.metadata(key).map(given -> source.file().metadata(key, given));
  }

  @Override
  public InferenceEngine engine() {
    return InferenceEngine.ONNXRUNTIME;
  }

  @Override
  public String engineVersion() {
    return OnnxRuntime.version();
  }

  @Override
  public Device device() {
    return source.device();
  }

  @Override
  public int threads() {
    return source.threads();
  }

  @Override
  public boolean hasThreadsOfItsOwn() {
    return true;
  }

  /** In a session of its own. */
  @Override
  public OnnxNetwork again(int threads, String sha256) {
    Supplier<String> now = source.file().sha256Meanwhile();
    OnnxNetwork opened = open(source.file(), source.device(), threads, source.spins());
    if (!now.get().equals(sha256)) {
      opened.close();
      throw Failure.badInput(
          "[%s] the file has changed since it was loaded", source.file().fileName());
    }
    return opened;
  }

  @Override
  public OnnxTensors tensors() {
    return tensors;
  }

  @Override
  public float[] run(FloatBuffer inputs, int count, int channels, int height, int width)
      throws OrtException {
    TensorSpec input = tensors.inputs().get(0);
    try (OnnxTensor x = InputForm.of(input).given(inputs, count, channels, height, width);
        OrtSession.Result result = session.run(Map.of(input.name(), x))) {
      FloatBuffer logits = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] copy = new float[logits.remaining()];
      logits.get(copy);
      return copy;
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
