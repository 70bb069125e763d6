package dev.lapidary.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.tensor.TensorNetwork;
import java.awt.Color;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A head alone, behind its trunk, and behind what is none. */
class HeadModelTest {
  @TempDir Path folder;

  private Path trunk;
  private Path file;

  @BeforeEach
  void files() throws IOException {
    trunk = TinyModels.writeFeatures(Files.createDirectory(folder.resolve("trunk")));
    file = head(0, 2, 0);
  }

  private Path head(float error, int... channels) throws IOException {
    return TinyModels.writeHead(
        folder.resolve("bags.onnx"),
        trunk,
        Optional.of(TinyModels.goldenOfHead(error, channels)),
        channels);
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message);
  }

  @Test
  void givesItsLogitsOfImagesBehindItsTrunk() throws Exception {
    try (HeadModel head = HeadModel.open(file).orElseThrow();
        ServedModel below = ModelLoader.load(trunk, 1)) {
      ServedModel model = head.behind(below);
      assertThat(model.labels()).containsExactly("blue", "red");
      assertThat(model.sha256()).isEqualTo(Sha256.of(file));
      assertThat(model.goldenFailure()).isEmpty();
      assertThat(model.scoring().activation()).isEqualTo(Activation.SOFTMAX);
      byte[] png = TinyModels.png(new Color(255, 51, 102), 8, 8);
      float[] image = model.inputOf(png, ImageLimits.DEFAULT);
      FloatBuffer images =
          ByteBuffer.allocateDirect(2 * Float.BYTES * image.length)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      images.put(image).put(image).flip();
      assertThat(model.network().run(images, 2))
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(0.4f, 1, 0.4f, 1);
      assertThatThrownBy(() -> head.logits(new float[4]))
          .isInstanceOf(TensorNetwork.Unrunnable.class)
          .hasMessage("the trunk gave 4 numbers, expected 3 an image");
    }
  }

  @Test
  void doesNotAnswerItsGoldenImageOtherwise() throws IOException {
    head(0.05f, 2, 0);
    try (HeadModel head = HeadModel.open(file).orElseThrow();
        ServedModel below = ModelLoader.load(trunk, 1)) {
      assertThat(head.behind(below).goldenFailure())
          .contains("golden image 0: logit 0 is 0.117647, expected 0.167647 within 0.0100");
    }
  }

  @Test
  void isNoNetworkOfImagesAlone() {
    String message =
        "[bags.onnx] it is a head, which takes the features of its trunk and no images: expected the"
            + " trunk, the file with the SHA-256 "
            + Sha256.of(trunk)
            + ", beside it; put both into one folder and give that to serve run --model, or export"
            + " the whole network without --head-of";
    refused(() -> ModelLoader.load(file, 1), message);
    refused(() -> Classifier.open(file), message);
  }

  @Test
  void isOfNoOtherTrunk() throws IOException {
    Path other = TinyModels.write(Files.createDirectory(folder.resolve("other")));
    assertThat(HeadModel.open(other)).isEmpty();
    assertThat(HeadModel.open(trunk)).isEmpty();
    try (HeadModel head = HeadModel.open(file).orElseThrow();
        ServedModel below = ModelLoader.load(other, 1)) {
      refused(
          () -> head.behind(below),
          "[tiny] its trunk is the file with the SHA-256 "
              + Sha256.of(trunk)
              + ", but this one has "
              + Sha256.of(other)
              + ", gives logits and prepares images by "
              + TinyModels.PREPROCESSING.text()
              + "; export the head again");
    }
  }
}
