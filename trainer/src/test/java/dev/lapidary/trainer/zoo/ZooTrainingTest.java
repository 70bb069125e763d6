package dev.lapidary.trainer.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.script.StateDict;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the generated text does in training mode. */
class ZooTrainingTest {
  @TempDir Path folder;

  @Test
  void batchNormalizationCountsBatchesAndMovesItsStatistics() throws Exception {
    try (Session session = load("resnet20_cifar", ZooOptions.of(3, 1))) {
      Tensor x = Uniform.tensor("x", 4, 3, 32, 32);
      session.forward(x, true);
      session.forward(x, true);
      StateDict after = session.state();
      assertThat(tensor(after, "bn1.num_batches_tracked").toLongs()).containsExactly(2);
      assertThat(tensor(after, "layer3.2.bn2.num_batches_tracked").toLongs()).containsExactly(2);
      // From 1, twice a tenth of the way to the batch's variance, which is far below 1 here.
      for (double v : tensor(after, "bn1.running_var").toDoubles()) {
        assertThat(v).isBetween(0.81, 1.5).isNotEqualTo(1);
      }
      session.forward(x, false);
      assertThat(tensor(session.state(), "bn1.num_batches_tracked").toLongs()).containsExactly(2);
    }
  }

  @Test
  void stochasticDepthAndDropoutWorkInTrainingOnly() throws Exception {
    ZooOptions still = ZooOptions.of(3, 1).withDropout(0).withStochasticDepth(0);
    assertDrawsInTraining(still, false);
    assertDrawsInTraining(still.withDropout(0.5), true);
    assertDrawsInTraining(still.withStochasticDepth(0.5), true);
  }

  private void assertDrawsInTraining(ZooOptions options, boolean draws) throws Exception {
    Tensor x = Uniform.tensor("x", 8, 3, 64, 64);
    try (Session session = load("efficientnet_b0", options)) {
      float[] evaluated = session.forward(x, false);
      assertThat(session.forward(x, false)).isEqualTo(evaluated);
      float[] trained = session.forward(x, true);
      assertThat(Arrays.equals(session.forward(x, true), trained)).isEqualTo(!draws);
    }
  }

  @Test
  void auxiliaryHeadsAreReachedByForwardAux() throws Exception {
    assertAuxiliaryHeads("googlenet", 64);
  }

  /** Its auxiliary head needs the whole 299 pixels. */
  @Tag("proof")
  @Test
  void inceptionsAuxiliaryHeadToo() throws Exception {
    assertAuxiliaryHeads("inception_v3", 299);
  }

  /** The logits, then each auxiliary head's, as the architecture lists them. */
  private void assertAuxiliaryHeads(String name, int size) throws Exception {
    try (Session session = load(name, ZooOptions.of(3, 1))) {
      Tensor x = Uniform.tensor("x", 2, 3, size, size);
      float[][] outputs = session.forwardAux(x);
      assertThat(outputs).hasNumberOfRows(1 + Zoo.find(name).auxiliaryHeads().size());
      float[] logits = session.forward(x, false);
      for (int i = 0; i < logits.length; i++) {
        assertThat(outputs[0][i]).isCloseTo(logits[i], within(1e-4f));
      }
      for (float[] output : outputs) {
        assertThat(output).hasSize(6);
      }
    }
  }

  private static Tensor tensor(StateDict state, String name) {
    return state.find(name).orElseThrow().tensor();
  }

  private Session load(String name, ZooOptions options) throws Exception {
    Path file = folder.resolve(name + ".pt");
    ArchiveWriter.write(Zoo.find(name).build(options), file);
    Model model = Model.newInstance(name, "PyTorch");
    JniUtils.setGraphExecutorOptimize(false);
    model.load(folder, name + ".pt", Map.of("trainParam", "true"));
    return new Session(model, NDManager.newBaseManager("PyTorch"), folder.resolve("after.pt"));
  }

  private record Session(Model model, NDManager manager, Path after) implements AutoCloseable {
    private NDArray array(Tensor x) {
      return manager.create(x.toFloats(), new Shape(x.shape()));
    }

    float[] forward(Tensor x, boolean training) {
      // A block believes that it trains, and a file loads in evaluation mode: say it each time.
      if (training) {
        JniUtils.enableTrainingMode((PtSymbolBlock) model.getBlock());
      } else {
        JniUtils.enableInferenceMode((PtSymbolBlock) model.getBlock());
      }
      ParameterStore store = new ParameterStore(manager, false);
      NDList out = model.getBlock().forward(store, new NDList(array(x)), training);
      return out.get(0).toFloatArray();
    }

    float[][] forwardAux(Tensor x) {
      NDArray method = manager.create(0f);
      method.setName("module_method:forward_aux");
      NDList out =
          IValueUtils.forward(
              (PtSymbolBlock) model.getBlock(), new NDList(array(x), method), false);
      return out.stream().map(NDArray::toFloatArray).toArray(float[][]::new);
    }

    StateDict state() throws Exception {
      try (OutputStream out = Files.newOutputStream(after)) {
        JniUtils.writeModule((PtSymbolBlock) model.getBlock(), out, false);
      }
      return StateDict.of(ArchiveReader.read(after));
    }

    @Override
    public void close() {
      manager.close();
      model.close();
    }
  }
}
