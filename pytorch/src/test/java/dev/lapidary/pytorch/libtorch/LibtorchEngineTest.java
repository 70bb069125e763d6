package dev.lapidary.pytorch.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.runtime.model.InferenceEngine;
import dev.lapidary.runtime.model.PreprocessingOptions;
import dev.lapidary.runtime.model.ScoringOptions;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.model.TorchScriptLoader;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives in libtorch, as a server loads and runs them. */
class LibtorchEngineTest {
  private static final int THREADS = 1;

  @TempDir Path folder;

  private static PreprocessingOptions images(int size) {
    return new PreprocessingOptions(
        Optional.of(size),
        Optional.empty(),
        Optional.of(size),
        List.of(0f, 0f, 0f),
        List.of(1f, 1f, 1f),
        Optional.empty());
  }

  private static ServedModel load(Path file, int size) {
    return TorchScriptLoader.load(file, images(size), ScoringOptions.NONE, Device.cpu(), THREADS);
  }

  private static float[] run(ServedModel model, float[] images, int count) throws Exception {
    FloatBuffer direct =
        ByteBuffer.allocateDirect(Float.BYTES * images.length)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    return model.network().run(direct.put(images).flip(), count);
  }

  /** Of a scripted and of a traced archive, and in a batch of any size. */
  @ParameterizedTest
  @ValueSource(strings = {"scripted", "traced"})
  void givesPyTorchsLogits(String kind) throws Exception {
    Path file = Golden.file("torchscript/mobilenet_v3_small-" + kind + ".pt");
    JsonNode two = Golden.json("torchscript/expected.json").at("/mobilenet_v3_small/output");
    float[] input = Uniform.tensor("input", 2, 3, 224, 224).toFloats();
    try (ServedModel model = load(file, 224)) {
      assertThat(model.engine()).isEqualTo(InferenceEngine.PYTORCH);
      assertThat(model.batches()).isTrue();
      assertThat(model.labels()).hasSize(10);
      float[] logits = run(model, input, 2);
      for (int i = 0; i < logits.length; i++) {
        // Recorded from PyTorch 1.13 on another machine, as far as float32 goes.
        assertThat((double) logits[i])
            .isCloseTo(two.at("/" + i / 10 + "/" + i % 10).asDouble(), within(1e-4));
      }
    }
  }

  @Test
  void tensorsGoInAndOutByTheirNames() throws Exception {
    try (ServedModel model = load(SmallArchive.logits(folder), 4)) {
      TensorNetwork network = model.tensors();
      assertThat(network.inputs().toString())
          .isEqualTo("[TensorSpec[name=image, type=FP32, shape=[-1, 3, 4, 4]]]");
      assertThat(network.outputs().toString())
          .isEqualTo("[TensorSpec[name=logits, type=FP32, shape=[-1, 3]]]");
      float[] images = Uniform.tensor("images", 2, 48).toFloats();
      TypedTensor answer = network.run(List.of(tensor(images)), Set.of("logits")).get(0);
      assertThat(answer.shape()).containsExactly(2L, 3L);
      FloatBuffer logits = ((TypedTensor.Numbers) answer).data().asFloatBuffer();
      float[] weights = SmallArchive.weights().toFloats();
      for (int i = 0; i < 6; i++) {
        double sum = 0;
        for (int j = 0; j < 48; j++) {
          sum += (double) images[i / 3 * 48 + j] * weights[i % 3 * 48 + j];
        }
        assertThat((double) logits.get(i)).isCloseTo(sum, within(1e-5));
      }
      assertThat(network.run(List.of(tensor(images)), Set.of())).isEmpty();
    }
  }

  private static TypedTensor tensor(float[] images) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * images.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(images);
    return new TypedTensor.Numbers("image", DataType.FP32, List.of(2L, 3L, 4L, 4L), bytes);
  }

  /** What Module.train() left on would drop half of the features, others each time. */
  @Test
  void aModuleThatWasSavedWhileItTrainedAnswersAsInEvaluation() throws Exception {
    String dropped =
        SmallArchive.LOGITS.replace(
            "torch.flatten(image, 1)",
            "torch.dropout(torch.flatten(image, 1), 0.5, self.training)");
    float[] image = Uniform.tensor("image", 48).toFloats();
    float[] plain;
    try (ServedModel model = load(SmallArchive.logits(folder), 4)) {
      plain = run(model, image, 1);
    }
    try (ServedModel model = load(SmallArchive.write(folder, dropped, ""), 4)) {
      assertThat(run(model, image, 1)).isEqualTo(plain);
    }
  }

  /** As some programs that were traced: a number stands where the batch's size was. */
  @Test
  void anArchiveOfOneImageRunsOneByOne() throws IOException {
    String one = "return torch.matmul(torch.view(image, [1, 48]), torch.t(self.w))";
    try (ServedModel model = load(SmallArchive.write(folder, one, ""), 4)) {
      assertThat(model.batches()).isFalse();
      assertThat(model.tensors().inputs().get(0).shape()).containsExactly(1L, 3L, 4L, 4L);
    }
  }

  @Test
  void aSoftmaxInItsProgramIsFound() throws IOException {
    String softmax = SmallArchive.LOGITS.replace("return ", "return torch.softmax(") + ", 1)";
    try (ServedModel model = load(SmallArchive.write(folder, softmax, ""), 4)) {
      assertThat(model.scoring().scores()).isEqualTo(Scores.SOFTMAX);
    }
  }

  @Test
  void ofSeveralOutputsTheLogitsAreTaken() throws Exception {
    String logits = SmallArchive.LOGITS.replace("return ", "");
    float[] image = Uniform.tensor("image", 48).toFloats();
    float[] plain;
    try (ServedModel model = load(SmallArchive.logits(folder), 4)) {
      plain = run(model, image, 1);
    }
    Path tuple =
        SmallArchive.giving(folder, "Tuple[Tensor, Tensor]", "return (" + logits + ", image)");
    try (ServedModel model = load(tuple, 4)) {
      assertThat(run(model, image, 1)).isEqualTo(plain);
    }
    Path dict =
        SmallArchive.giving(
            folder, "Dict[str, Tensor]", "return {\"aux\": image, \"out\": " + logits + "}");
    try (ServedModel model = load(dict, 4)) {
      assertThat(run(model, image, 1)).isEqualTo(plain);
    }
    Path unknown =
        SmallArchive.giving(
            folder, "Dict[str, Tensor]", "return {\"a\": image, \"b\": " + logits + "}");
    assertThatThrownBy(
            () ->
                TorchScriptLoader.load(
                    unknown,
                    images(4),
                    new ScoringOptions(Optional.of(Scores.LOGITS), Optional.empty()),
                    Device.cpu(),
                    THREADS))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("[small.pt] forward returns a dict with the keys [a, b]");
  }

  @Test
  void runsBesideEachOtherGiveWhatTheyGiveAlone() throws Exception {
    try (ServedModel model = load(SmallArchive.logits(folder), 4)) {
      List<float[]> inputs = new ArrayList<>();
      List<float[]> alone = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        inputs.add(Uniform.tensor("image" + i, 48).toFloats());
        alone.add(run(model, inputs.get(i), 1));
      }
      ExecutorService threads = Executors.newFixedThreadPool(4);
      try {
        List<Callable<float[]>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          float[] input = inputs.get(i % 16);
          all.add(() -> run(model, input, 1));
        }
        List<Future<float[]>> answers = threads.invokeAll(all);
        for (int i = 0; i < answers.size(); i++) {
          assertThat(answers.get(i).get()).isEqualTo(alone.get(i % 16));
        }
      } finally {
        threads.shutdown();
      }
    }
  }

  @Test
  void aClosedModelSaysSo() throws Exception {
    ServedModel model = load(SmallArchive.logits(folder), 4);
    model.close();
    model.close();
    assertThatThrownBy(() -> run(model, new float[48], 1))
        .isInstanceOf(TensorNetwork.Unrunnable.class)
        .hasMessage("libtorch: the model is closed");
  }

  @Test
  void libtorchHasOneNumberOfThreads() throws IOException {
    try (ServedModel model = load(SmallArchive.logits(folder), 4)) {
      assertThat(model.threads()).isEqualTo(THREADS);
      assertThat(model.session().hasThreadsOfItsOwn()).isFalse();
      assertThatThrownBy(() -> model.again(3))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("libtorch runs with 1 threads in this process");
      model.again(THREADS).close();
      SmallArchive.write(folder, "return torch.flatten(image, 1)", "");
      assertThatThrownBy(() -> model.again(THREADS))
          .hasMessage("[small.pt] the file has changed since it was loaded");
    }
  }

  @Test
  void whatIsNotSaidIsAskedFor() throws IOException {
    Path file = SmallArchive.logits(folder);
    assertThatThrownBy(
            () ->
                TorchScriptLoader.load(
                    file, PreprocessingOptions.NONE, ScoringOptions.NONE, Device.cpu(), THREADS))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(
            "[small.pt] it does not say how its images are preprocessed (no extra/card.json); give"
                + " --resize, --crop, --mean, --std, or export it with exporter torchscript");
    assertThatThrownBy(
            () ->
                TorchScriptLoader.load(
                    file, images(4), ScoringOptions.NONE, Device.cuda(0), THREADS))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageContaining("[small.pt] --engine pytorch runs archives on the CPU alone, not on");
  }

  @Test
  void anotherSizeThanItsProgramTakesIsRefused() throws IOException {
    Path file = SmallArchive.logits(folder);
    assertThatThrownBy(() -> load(file, 5))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("[small.pt] ")
        .message()
        .hasLineCount(1);
  }

  @Test
  void anOutputOfImagesIsNoClassifier() throws IOException {
    Path file = SmallArchive.write(folder, "return torch.relu(image)", "");
    assertThatThrownBy(() -> load(file, 4))
        .hasMessageContaining("[small.pt] ")
        .hasMessageContaining("[1, 3, 4, 4]");
  }

  /** Thousands of runs leave nothing behind: neither tensors of libtorch's nor DJL's managers. */
  @Test
  @Tag("proof")
  void runsLeaveNothingBehind() throws Exception {
    Path file = Golden.file("torchscript/mobilenet_v3_small-scripted.pt");
    float[] input = Uniform.tensor("input", 3, 224, 224).toFloats();
    try (ServedModel model = load(file, 224)) {
      for (int i = 0; i < 300; i++) {
        run(model, input, 1);
      }
      long before = ResidentMemory.afterCollection();
      for (int i = 0; i < 3000; i++) {
        run(model, input, 1);
      }
      // 3,000 inputs are 1.8 GB, and what a run makes of one is more.
      assertThat(ResidentMemory.afterCollection()).isLessThan(before + (64L << 20));
    }
  }
}
