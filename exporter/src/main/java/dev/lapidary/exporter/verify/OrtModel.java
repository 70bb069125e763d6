package dev.lapidary.exporter.verify;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.session.OnnxSession;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An ONNX file in ONNX Runtime. Not through DJL: its engine insists on being the first in the
 * process to make the runtime's environment, which calibration and serving need as well.
 */
record OrtModel(OnnxSession session, List<String> inputs, String source) implements LoadedModel {
  @Override
  public String label() {
    return ModelRuntime.ONNX_RUNTIME.label();
  }

  static OrtModel load(Path file, Preparation preparation) {
    String name = String.valueOf(file.getFileName());
    NativeLibraries.awaitOnnxRuntime();
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      // What goes wrong comes as an exception, and is said once.
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      // Threads that wait by running would take the processors from the other runtime's.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      if (preparation == Preparation.BRIEF) {
        options.addConfigEntry("optimization.disable_specified_optimizers", "NchwcTransformer");
      }
      OnnxSession session = OnnxSession.open(file, options);
      List<String> inputs = List.copyOf(session.inputs().keySet());
      if (inputs.isEmpty()) {
        session.close();
        throw Failure.badInput("[%s] takes no input; give a classifier of images", name);
      }
      return new OrtModel(session, inputs, name);
    } catch (OrtException e) {
      throw new LoadFailure(file, LoadedModel.reason(e));
    }
  }

  @Override
  public Logits run(Tensor batch) {
    try (OnnxTensor fed = tensor(batch);
        OrtSession.Result result = session.run(Map.of(inputs.get(0), fed))) {
      return new Logits((int) batch.size(0), floats((OnnxTensor) result.get(0)));
    } catch (OrtException e) {
      throw Failure.failed("[%s] ONNX Runtime cannot run it: %s", source, LoadedModel.reason(e));
    }
  }

  /**
   * Of a file with several inputs and outputs, all FLOAT32.
   *
   * @param tensors in the file's order
   */
  List<Tensor> all(List<Tensor> tensors) {
    Map<String, OnnxTensor> fed = new HashMap<>();
    try {
      int next = 0;
      for (String name : inputs) {
        fed.put(name, tensor(tensors.get(next++)));
      }
      List<Tensor> outputs = new ArrayList<>();
      try (OrtSession.Result result = session.run(fed)) {
        for (Map.Entry<String, OnnxValue> entry : result) {
          OnnxTensor output = (OnnxTensor) entry.getValue();
          outputs.add(Tensor.of(floats(output), output.getInfo().getShape()));
        }
      }
      return outputs;
    } catch (OrtException e) {
      throw Failure.failed("[%s] ONNX Runtime cannot run it: %s", source, LoadedModel.reason(e));
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(Tensor tensor) throws OrtException {
    OnnxJavaType type = tensor.dtype() == DType.UINT8 ? OnnxJavaType.UINT8 : OnnxJavaType.FLOAT;
    ByteBuffer values = LoadedModel.direct(tensor);
    return OnnxTensor.createTensor(OnnxRuntime.environment(), values, tensor.shape(), type);
  }

  /** A head that ends in argmax or topk gives the numbers of classes, as INT64. */
  private static float[] floats(OnnxTensor output) {
    LongBuffer integers = output.getLongBuffer();
    if (integers != null) {
      float[] copy = new float[integers.remaining()];
      for (int i = 0; i < copy.length; i++) {
        copy[i] = (float) integers.get(i);
      }
      return copy;
    }
    FloatBuffer logits = output.getFloatBuffer();
    float[] copy = new float[logits.remaining()];
    logits.get(copy);
    return copy;
  }

  @Override
  public void close() {
    session.close();
  }
}
