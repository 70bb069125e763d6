package dev.lapidary.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.session.Device;
import java.awt.Color;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelLoaderTest {
  private static final PreprocessingOptions GIVEN =
      new PreprocessingOptions(
          Optional.of(10),
          Optional.of(Preprocessing.Interpolation.BICUBIC),
          Optional.empty(),
          List.of(0.5f, 0.5f, 0.5f),
          List.of(1f, 1f, 1f),
          Optional.empty());

  @TempDir Path folder;

  private static ServedModel load(Path path) {
    return load(path, PreprocessingOptions.NONE);
  }

  private static ServedModel load(Path path, PreprocessingOptions options) {
    return ModelLoader.loadBesideDecoders(path, options, ScoringOptions.NONE, Device.cpu(), 1);
  }

  private static void assertRefused(Path path, PreprocessingOptions options, String message) {
    assertThatThrownBy(() -> load(path, options).close())
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message);
  }

  @Test
  void takesAllFromTheCard() throws IOException {
    TinyModels.write(folder);
    try (ServedModel model = load(folder)) {
      assertThat(model.name()).isEqualTo("tiny");
      assertThat(model.version()).isEqualTo("7");
      assertThat(model.labels()).isEqualTo(TinyModels.LABELS);
      assertThat(model.preprocessing()).isEqualTo(TinyModels.PREPROCESSING);
      assertThat(model.batches()).isTrue();
      assertThat(model.signature()).isEqualTo(new ServedModel.Signature("input", "logits"));
      assertThat(model.goldenFailure()).isEmpty();
    }
  }

  @Test
  void refusesAGoldenImageThatComesOutOtherwise() throws IOException {
    GoldenImage good = TinyModels.golden(0);
    GoldenImage otherHash =
        new GoldenImage(good.pngBase64(), "0".repeat(64), good.logits(), good.tolerance());
    GoldenImage otherArgmax =
        new GoldenImage(good.pngBase64(), good.inputSha256(), List.of(0.1f, 1f, 0.1f), 2);
    GoldenImage noImage =
        new GoldenImage("AAAA", good.inputSha256(), good.logits(), good.tolerance());
    GoldenImage notANumber =
        new GoldenImage(
            good.pngBase64(), good.inputSha256(), List.of(Float.NaN, 1f, 1f), good.tolerance());
    assertThat(failure(good, otherHash))
        .isEqualTo(
            "golden image 1: the input tensor's SHA-256 is %s, expected %s"
                .formatted(good.inputSha256(), "0".repeat(64)));
    assertThat(failure(otherArgmax)).isEqualTo("golden image 0: the argmax is 0, expected 1");
    assertThat(failure(noImage)).startsWith("golden image 0 is no image: expected JPEG");
    assertThat(failure(notANumber)).contains("expected NaN within");
  }

  private String failure(GoldenImage... golden) throws IOException {
    try (ServedModel model = load(TinyModels.write(folder, Optional.of(TinyModels.card(golden))))) {
      return model.goldenFailure().orElseThrow();
    }
  }

  @Test
  void takesWhatIsSaidOfAModelWithoutACard() throws IOException {
    Path file = TinyModels.write(folder, Optional.empty());
    Path labels = Files.writeString(folder.resolve("labels.txt"), "\ufeffr\r\ng\t\n\nb\n");
    PreprocessingOptions options =
        new PreprocessingOptions(
            GIVEN.resize(),
            GIVEN.interpolation(),
            GIVEN.crop(),
            GIVEN.mean(),
            GIVEN.std(),
            Optional.of(labels));
    try (ServedModel model = load(file, options)) {
      assertThat(model.labels()).containsExactly("r", "g", "b");
      assertThat(model.preprocessing().resize()).isEqualTo(Preprocessing.Resize.SHORTER_SIDE);
      assertThat(model.preprocessing().resizeSize()).isEqualTo(10);
      assertThat(model.preprocessing().interpolation())
          .isEqualTo(Preprocessing.Interpolation.BICUBIC);
      assertThat(model.preprocessing().cropHeight()).isEqualTo(TinyModels.SIDE);
      assertThat(model.card()).isEmpty();
    }
    try (ServedModel model = load(file, GIVEN)) {
      assertThat(model.labels()).containsExactly("0", "1", "2");
    }
  }

  @Test
  void refusesToGuess() throws IOException {
    assertRefused(
        TinyModels.write(folder, Optional.empty()),
        PreprocessingOptions.NONE,
        "[tiny.onnx] it does not say how its images are preprocessed (no lapidary.card in"
            + " metadata_props); give --resize, --mean, --std, or export it with exporter onnx");
    assertThatThrownBy(() -> ModelLoader.load(folder.resolve("tiny.onnx"), 1))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[tiny.onnx] it does not say how its images are preprocessed (no lapidary.card in"
                + " metadata_props); export it with exporter onnx");
  }

  @Test
  void refusesWhatContradictsTheCard() throws IOException {
    Path file = TinyModels.write(folder);
    assertRefused(
        file,
        GIVEN,
        "[tiny.onnx] its card sets the preprocessing; leave out --resize, --interpolation, --crop,"
            + " --mean and --std");
    Path labels = Files.writeString(folder.resolve("labels.txt"), "r\ng\nb\n");
    assertRefused(
        file,
        new PreprocessingOptions(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            Optional.of(labels)),
        "[tiny.onnx] its card has labels; leave out --labels");
  }

  @Test
  void refusesACardThatDoesNotFitTheGraph() throws IOException {
    ModelCard card = TinyModels.card();
    Preprocessing larger =
        new Preprocessing(
            Preprocessing.Resize.EXACT,
            0,
            Preprocessing.Interpolation.BILINEAR,
            16,
            16,
            List.of(0f, 0f, 0f),
            List.of(1f, 1f, 1f),
            Preprocessing.Colour.RGB);
    assertRefused(
        TinyModels.write(folder, Optional.of(with(card, card.labels(), larger))),
        PreprocessingOptions.NONE,
        "[tiny.onnx] the preprocessing gives 3x16x16 (C, H, W) but the graph takes 3x8x8");
    assertRefused(
        TinyModels.write(
            folder, Optional.of(with(card, List.of("a", "b"), TinyModels.PREPROCESSING))),
        PreprocessingOptions.NONE,
        "[tiny.onnx] there are 2 labels but the network has 3 classes");
    assertRefused(
        TinyModels.write(
            folder,
            Optional.of(card.withInput(new ModelCard.Input("input", "NHWC", 3, 8, 8, "uint8")))),
        PreprocessingOptions.NONE,
        "[tiny.onnx] its graph takes NCHW float32 but its card says NHWC uint8; export it with"
            + " exporter onnx");
    assertRefused(
        TinyModels.writeLevels(folder, Optional.of(card)),
        PreprocessingOptions.NONE,
        "[tiny.onnx] its graph takes NHWC uint8 but its card says NCHW float32; export it with"
            + " exporter onnx");
    assertRefused(
        TinyModels.writeLevels(folder, Optional.empty()),
        GIVEN,
        "[tiny.onnx] its graph takes NHWC uint8 but no card says what they mean; export it with"
            + " exporter onnx");
  }

  @Test
  void servesAModelWhoseWeightsLieBesideIt() throws Exception {
    ModelCard card = TinyModels.levelsCard(TinyModels.goldenLevels(0.001f));
    Path file = TinyModels.writeLevels(folder, Optional.of(card));
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    TensorProto.Builder scale = model.getGraphBuilder().getInitializerBuilder(0).clearFloatData();
    scale
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(
            StringStringEntryProto.newBuilder().setKey("location").setValue("tiny.onnx.data"));
    Files.write(file, model.build().toByteArray());
    ByteBuffer data = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(folder.resolve("tiny.onnx.data"), data.putFloat(255).array());
    try (ServedModel served = load(folder)) {
      assertThat(served.goldenFailure()).isEmpty();
    }
    Files.delete(folder.resolve("tiny.onnx.data"));
    assertThatThrownBy(() -> load(folder)).hasMessageContaining("tiny.onnx.data");
  }

  /** Its own golden images go in whole; all others at the size that its resize leaves as it is. */
  @Test
  void servesAFileThatResizesItself() throws Exception {
    Path file = TinyModels.writeAnySize(folder, TinyModels.goldenLevels(0.001f, 13, 21));
    try (ServedModel model = load(file)) {
      assertThat(model.goldenFailure()).isEmpty();
      byte[] image = TinyModels.png(new Color(250, 100, 30), 20, 30);
      assertThat(model.inputOf(image, ImageLimits.DEFAULT)).startsWith(250, 100, 30).hasSize(192);
      assertThat(model.tensorOf(image, ImageLimits.DEFAULT).shape())
          .containsExactly(1L, 8L, 8L, 3L);
      assertThat(model.blank().shape()).containsExactly(1L, 8L, 8L, 3L);
      assertThat(model.withNetwork(model.network()).goldenFailure()).isEmpty();
      assertThat(model.withNetwork((inputs, count) -> new float[3]).goldenFailure().orElseThrow())
          .startsWith("golden image 0: logit 0 is 0");
    }
    file = TinyModels.writeAnySize(folder, TinyModels.goldenLevels(0.1f, 13, 21));
    try (ServedModel model = load(file)) {
      assertThat(model.goldenFailure().orElseThrow()).startsWith("golden image 0: logit 0 is 0.98");
    }
    file = TinyModels.writeAnySize(folder, TinyModels.goldenLevels(0.001f));
    try (ServedModel model = load(file)) {
      assertThat(model.goldenFailure()).isEmpty();
    }
    ModelCard wide = TinyModels.card();
    ModelCard.Input any = wide.input().asAnySize();
    String json =
        CardJson.write(wide.withInput(any)).replace("\"resizeSize\":8", "\"resizeSize\":7");
    file = TinyModels.writeAnySize(folder);
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    model.getMetadataPropsBuilder(0).setValue(json);
    Files.write(file, model.build().toByteArray());
    assertThatThrownBy(() -> load(folder))
        .hasMessage(
            "[tiny.onnx] its graph resizes to 7 and crops 8x8, expected a crop inside of the"
                + " resized image; export it again");
  }

  @Test
  void servesAFileWithEmbeddedPreprocessing() throws Exception {
    ModelCard card = TinyModels.levelsCard(TinyModels.goldenLevels(0.001f));
    Color colour = new Color(250, 100, 30);
    try (ServedModel model = load(TinyModels.writeLevels(folder, Optional.of(card)))) {
      assertThat(model.goldenFailure()).isEmpty();
      float[] levels = model.inputOf(TinyModels.png(colour, 20, 30), ImageLimits.DEFAULT);
      assertThat(levels).startsWith(250, 100, 30, 250).hasSize(3 * 8 * 8);
      FloatBuffer two =
          ByteBuffer.allocateDirect(2 * Float.BYTES * levels.length)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      two.put(levels).put(new float[levels.length]).flip();
      float[] logits = model.network().run(two, 2);
      assertThat(logits).hasSize(6);
      assertThat(Arrays.copyOf(logits, 3))
          .containsExactly(new float[] {250 / 255f, 100 / 255f, 30 / 255f}, within(1e-6f));
      assertThat(Arrays.copyOfRange(logits, 3, 6)).containsOnly(0f);
    }
    ModelCard wrong = TinyModels.levelsCard(TinyModels.golden(0));
    try (ServedModel model = load(TinyModels.writeLevels(folder, Optional.of(wrong)))) {
      assertThat(model.goldenFailure().orElseThrow()).contains("the input tensor's SHA-256");
    }
  }

  private static ModelCard with(ModelCard card, List<String> labels, Preprocessing preprocessing) {
    return new ModelCard(
        card.name(),
        card.version(),
        card.architecture(),
        labels,
        Activation.SOFTMAX,
        Scores.LOGITS,
        card.input(),
        Optional.of(preprocessing),
        Optional.empty(),
        card.metrics(),
        card.provenance(),
        card.quantization(),
        card.parity(),
        card.golden());
  }

  @Test
  void servesAGraphOfOneImageAtATime() throws IOException {
    Path file = TinyModels.write(folder, Optional.of(TinyModels.card()), false);
    try (ServedModel model = load(file)) {
      assertThat(model.batches()).isFalse();
    }
  }

  /** All of a batch share the scales that dynamic int8 makes of it. */
  @Test
  void runsImagesOneByOneWhereTheyChangeEachOther() throws IOException {
    ModelCard.Quantization dynamic =
        new ModelCard.Quantization(
            "int8-dynamic", "", 0, "", 0.01, List.of(), ModelCard.Quantization.CPU);
    ModelCard card = TinyModels.card().withQuantization(dynamic);
    try (ServedModel model = load(TinyModels.write(folder, Optional.of(card)))) {
      assertThat(model.batches()).isFalse();
      assertThat(model.note())
          .hasValue(
              "[tiny.onnx] its answers depend on the images in the same batch (int8-dynamic):"
                  + " images run one by one");
    }
  }

  @Test
  void refusesWhatIsNoModel() throws IOException {
    assertRefused(
        folder.resolve("none.onnx"),
        PreprocessingOptions.NONE,
        folder.resolve("none.onnx") + " is neither an ONNX file nor a folder with one");
    assertRefused(
        folder,
        PreprocessingOptions.NONE,
        folder + " holds 0 .onnx files, expected 1; name the file with --model");
    Path whole = TinyModels.write(folder);
    byte[] bytes = Files.readAllBytes(whole);
    Path cut = folder.resolve("cut.onnx");
    Files.write(cut, Arrays.copyOf(bytes, 40));
    assertThatThrownBy(() -> load(cut))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[cut.onnx] ONNX Runtime cannot load it, expected an ONNX model: ")
        .message()
        .satisfies(m -> assertThat(m.lines()).hasSize(1));
    assertRefused(
        folder,
        PreprocessingOptions.NONE,
        folder + " holds 2 .onnx files, expected 1; name the file with --model");
  }
}
