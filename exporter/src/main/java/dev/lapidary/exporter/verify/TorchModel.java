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
import java.nio.file.Path;

/** A TorchScript archive in libtorch, through DJL. */
final class TorchModel implements LoadedModel {
  static final String ENGINE = "PyTorch";

  private final Model model;
  private final Predictor<NDList, NDList> predictor;
  private final OutputChoice choice;
  private final String place;

  private TorchModel(Model model, OutputChoice choice, String place) {
    this.model = model;
    this.predictor = model.newPredictor(new NoopTranslator());
    this.choice = choice;
    this.place = place;
  }

  static TorchModel load(Path file, OutputChoice choice) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Path absolute = file.toAbsolutePath();
    String name = String.valueOf(absolute.getFileName());
    Model model = Model.newInstance(name, Device.cpu(), ENGINE);
    // Per thread; with the optimizer on, the first and the later calls differ in the last bits.
    JniUtils.setGraphExecutorOptimize(false);
    try {
      model.load(absolute.getParent(), name);
      return new TorchModel(model, choice, name);
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw Failure.badInput("[%s] libtorch cannot load it: %s", name, LoadedModel.firstLine(e));
    }
  }

  @Override
  public Logits run(Tensor batch) {
    try (NDManager manager = model.getNDManager().newSubManager()) {
      Shape shape = new Shape(batch.shape());
      NDArray input = manager.create(LoadedModel.direct(batch), shape, DataType.FLOAT32);
      try (NDList outputs = predictor.predict(new NDList(input))) {
        return new Logits((int) batch.size(0), chosen(outputs).toFloatArray());
      }
    } catch (TranslateException | RuntimeException e) {
      throw Failure.failed("[%s] libtorch cannot run it: %s", place, LoadedModel.firstLine(e));
    }
  }

  private NDArray chosen(NDList outputs) {
    if (choice.index().isPresent()) {
      return outputs.get(choice.index().get());
    }
    if (choice.key().isPresent()) {
      return outputs.get(choice.key().get());
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

  @Override
  public void close() {
    predictor.close();
    model.close();
  }
}
