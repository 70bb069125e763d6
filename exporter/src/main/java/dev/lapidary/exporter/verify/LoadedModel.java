package dev.lapidary.exporter.verify;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A model file in its runtime, through DJL: one way for both runtimes. Only files that our own
 * readers accepted come here, since this is native code. For one thread; close it.
 */
public final class LoadedModel implements AutoCloseable {
  private final Model model;
  private final Predictor<NDList, NDList> predictor;
  private final OutputChoice choice;
  private final String place;

  private LoadedModel(Model model, OutputChoice choice, String place) {
    this.model = model;
    this.predictor = model.newPredictor(new NoopTranslator());
    this.choice = choice;
    this.place = place;
  }

  /** Loads on the CPU. */
  public static LoadedModel open(ModelRuntime runtime, Path file, OutputChoice choice) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Path absolute = file.toAbsolutePath();
    String name = String.valueOf(absolute.getFileName());
    Model model = Model.newInstance(name, Device.cpu(), runtime.engine());
    if (runtime == ModelRuntime.LIBTORCH) {
      // Per thread; with the optimizer on, the first and the later calls differ in the last bits.
      JniUtils.setGraphExecutorOptimize(false);
    }
    try {
      model.load(absolute.getParent(), name);
      return new LoadedModel(model, choice, name);
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw Failure.badInput("[%s] %s cannot load it: %s", name, runtime.label(), firstLine(e));
    }
  }

  /**
   * @param batch FLOAT32 [N, C, H, W]
   */
  public Logits run(Tensor batch) {
    try (NDManager manager = model.getNDManager().newSubManager()) {
      ByteBuffer direct =
          ByteBuffer.allocateDirect(batch.bytes().remaining()).order(ByteOrder.nativeOrder());
      direct.asFloatBuffer().put(batch.bytes().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
      NDArray input = manager.create(direct, new Shape(batch.shape()), DataType.FLOAT32);
      try (NDList outputs = predictor.predict(new NDList(input))) {
        return new Logits((int) batch.size(0), chosen(outputs).toFloatArray());
      }
    } catch (TranslateException | RuntimeException e) {
      throw Failure.failed("[%s] cannot be run: %s", place, firstLine(e));
    }
  }

  private NDArray chosen(NDList outputs) {
    if (choice.index().isPresent()) {
      return outputs.get(choice.index().get());
    }
    for (String key : choice.key().stream().toList()) {
      return outputs.get(key);
    }
    for (String usual : new String[] {"logits", "out"}) {
      for (NDArray output : outputs) {
        if (usual.equals(output.getName())) {
          return output;
        }
      }
    }
    return outputs.get(0);
  }

  private static String firstLine(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("no message");
  }

  @Override
  public void close() {
    predictor.close();
    model.close();
  }
}
