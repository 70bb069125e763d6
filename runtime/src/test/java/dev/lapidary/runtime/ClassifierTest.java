package dev.lapidary.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.session.Device;
import java.awt.Color;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierTest {
  private static final Color COLOUR = new Color(30, 250, 100);
  private static final byte[] IMAGE = TinyModels.png(COLOUR, 11, 17);
  private static final double ROUNDING = 1e-6;

  @TempDir Path folder;

  private Classifier open() throws IOException {
    return Classifier.open(TinyModels.write(folder));
  }

  @Test
  void anImageHasTheProbabilitiesOfItsColours() throws IOException {
    try (Classifier classifier = open()) {
      Classification answer = classifier.classify(IMAGE);
      assertThat(answer.best().label()).isEqualTo("green");
      assertThat(answer.top(5)).extracting(Prediction::index).containsExactly(1, 2, 0);
      assertThat(answer.top(2)).extracting(Prediction::label).containsExactly("green", "blue");
      for (Prediction one : answer.top(3)) {
        assertThat(one.probability())
            .isCloseTo(TinyModels.probability(COLOUR, one.index()), within(ROUNDING));
      }
      assertThat(answer.probabilities()[1]).isEqualTo(answer.best().probability());
      assertThat(answer.outputs()).hasSize(3);
      assertThat(answer.atLeast(0.3))
          .extracting(Prediction::index)
          .containsExactlyElementsOf(
              IntStream.of(1, 2, 0).filter(i -> answer.probabilities()[i] >= 0.3).boxed().toList());
      assertThatThrownBy(() -> answer.top(0)).hasMessage("top(0): expected at least 1");
      assertThat(answer).hasToString(answer.top(3).toString());
      assertThat(classifier.labels()).isEqualTo(TinyModels.LABELS);
      assertThat(classifier.card().map(ModelCard::version)).contains("7");
      assertThat(classifier.inputShape()).containsExactly(3, 8, 8);
      assertThat(classifier.sha256()).hasSize(64);
      Path file = Files.write(folder.resolve("x.png"), IMAGE);
      assertThat(classifier.classify(file).outputs()).isEqualTo(answer.outputs());
    }
  }

  @Test
  void tensorsGoInAndOut() throws IOException {
    try (Classifier classifier = open()) {
      float[] tensor = classifier.preprocess(IMAGE);
      assertThat(tensor).hasSize(3 * 8 * 8).startsWith(30 / 255f);
      float[] two = classifier.outputs(twice(tensor), 2);
      assertThat(two).hasSize(6);
      FloatBuffer direct =
          ByteBuffer.allocateDirect(4 * tensor.length)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer()
              .put(tensor)
              .flip();
      assertThat(classifier.outputs(direct, 1)).isEqualTo(classifier.classify(IMAGE).outputs());
      assertThatThrownBy(() -> classifier.outputs(tensor, 2))
          .hasMessage("192 floats are not 2 images of [3, 8, 8], 192 floats each");
      assertThatThrownBy(() -> classifier.outputs(new float[0], 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static float[] twice(float[] one) {
    float[] two = new float[2 * one.length];
    System.arraycopy(one, 0, two, 0, one.length);
    System.arraycopy(one, 0, two, one.length, one.length);
    return two;
  }

  /**
   * Whether a model batches, takes levels or images of any size, or runs images one by one: the
   * same answers.
   */
  @Test
  void manyImagesAreAnsweredInTheirOrder() throws IOException {
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      images.add(TinyModels.png(new Color(10 * i, 200 - 20 * i, 90), 8 + i, 9));
    }
    ClassifierOptions small = ClassifierOptions.DEFAULT.withMaxBatch(3).withThreads(1);
    Optional<ModelCard> card = Optional.of(TinyModels.card());
    Path levels = Files.createDirectory(folder.resolve("levels"));
    Path single = Files.createDirectory(folder.resolve("single"));
    Path anySize = Files.createDirectory(folder.resolve("any size"));
    for (Path file :
        List.of(
            TinyModels.write(folder, card),
            TinyModels.write(single, card, false),
            TinyModels.writeLevels(levels, Optional.of(TinyModels.levelsCard())),
            TinyModels.writeAnySize(anySize))) {
      try (Classifier classifier = Classifier.open(file, small)) {
        List<Classification> answers = classifier.classifyAll(images);
        assertThat(answers).hasSize(7);
        List<CompletableFuture<Classification>> later =
            images.stream().map(classifier::classifyAsync).toList();
        for (int i = 0; i < 7; i++) {
          double[] expected = classifier.classify(images.get(i)).probabilities();
          assertThat(answers.get(i).probabilities()).containsExactly(expected, within(ROUNDING));
          assertThat(later.get(i).join().probabilities())
              .containsExactly(expected, within(ROUNDING));
        }
        assertThat(classifier.classifyAll(List.of())).isEmpty();
      }
    }
  }

  @Test
  void manyThreadsAtOnceGetTheirOwnAnswers() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(8);
    try (Classifier classifier = open()) {
      List<CompletableFuture<String>> said = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int channel = i % 3;
        byte[] image =
            TinyModels.png(
                new Color(channel == 0 ? 255 : i, channel == 1 ? 255 : i, channel == 2 ? 255 : i),
                8,
                8);
        said.add(
            i % 2 == 0
                ? CompletableFuture.supplyAsync(
                    () -> classifier.classify(image).best().label(), callers)
                : classifier.classifyAsync(image, callers).thenApply(a -> a.best().label()));
      }
      for (int i = 0; i < said.size(); i++) {
        assertThat(said.get(i).join()).isEqualTo(TinyModels.LABELS.get(i % 3));
      }
    } finally {
      callers.shutdown();
    }
  }

  @Test
  void anImageThatIsNoneIsNamed() throws IOException {
    byte[] text = "hello".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    try (Classifier classifier =
        Classifier.open(
            TinyModels.write(folder),
            ClassifierOptions.DEFAULT.withLimits(new ImageLimits(500, 100, 1000)))) {
      String said =
          "expected JPEG, PNG, WebP, BMP or GIF but found a file that starts with 68 65 6c 6c";
      assertThatThrownBy(() -> classifier.classify(text))
          .isInstanceOf(UndecodableImage.class)
          .hasMessage(said);
      assertThatThrownBy(() -> classifier.classifyAll(List.of(IMAGE, text)))
          .isInstanceOf(UndecodableImage.class)
          .hasMessage("image 1: " + said);
      assertThatThrownBy(() -> classifier.classifyAsync(text).join())
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(UndecodableImage.class)
          .hasMessageEndingWith(said);
      assertThatThrownBy(() -> classifier.classify(TinyModels.png(COLOUR, 99, 99)))
          .hasMessage("99 x 99 = 9801 pixels, more than the limit of 1000");
      assertThat(classifier.classify(IMAGE).best().label()).isEqualTo("green");
    }
  }

  @Test
  void aCancelledOrLateImageIsNotWaitedFor() throws IOException {
    try (Classifier classifier = open()) {
      List<Runnable> tasks = new ArrayList<>();
      CompletableFuture<Classification> cancelled = classifier.classifyAsync(IMAGE, tasks::add);
      cancelled.cancel(false);
      tasks.forEach(Runnable::run);
      assertThat(cancelled).isCancelled();
      CompletableFuture<Classification> refused =
          classifier.classifyAsync(
              IMAGE,
              task -> {
                throw new RejectedExecutionException("full");
              });
      assertThatThrownBy(refused::join).hasRootCauseMessage("full");
    }
  }

  @Test
  void closingAnswersWhatIsQueuedAndThenNothing() throws IOException {
    Classifier classifier =
        Classifier.open(
            TinyModels.write(folder), ClassifierOptions.DEFAULT.withMaxDelay(Duration.ofHours(1)));
    CompletableFuture<Classification> queued = classifier.classifyAsync(IMAGE, Runnable::run);
    assertThat(queued).isNotDone();
    classifier.close();
    assertThat(queued.join().best().label()).isEqualTo("green");
    classifier.close();
    String said = "the classifier tiny is closed";
    assertThatThrownBy(() -> classifier.classify(IMAGE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(said);
    assertThatThrownBy(() -> classifier.classifyAsync(IMAGE)).hasMessage(said);
    assertThatThrownBy(() -> classifier.classifyAll(List.of())).hasMessage(said);
    assertThatThrownBy(() -> classifier.outputs(new float[192], 1)).hasMessage(said);
  }

  @Test
  void severalLabelsHaveProbabilitiesOfTheirOwn() throws IOException {
    ModelCard card = TinyModels.card().withScoring(Scoring.ofLogits(Activation.SIGMOID));
    try (Classifier classifier = Classifier.open(TinyModels.write(folder, Optional.of(card)))) {
      Classification answer = classifier.classify(TinyModels.png(new Color(255, 0, 0), 8, 8));
      assertThat(answer.atLeast(Activation.THRESHOLD)).hasSize(3);
      assertThat(answer.atLeast(0.7)).extracting(Prediction::label).containsExactly("red");
      assertThat(answer.probabilities()[1]).isEqualTo(0.5);
    }
  }

  @Test
  void aModelInAJarIsOpenedFromThere() throws IOException {
    Path file = TinyModels.write(folder);
    Path beside =
        Path.of(
            java.net.URI.create(
                String.valueOf(ClassifierTest.class.getResource("ClassifierTest.class"))));
    Path copy = beside.resolveSibling("in-a-jar.onnx");
    Files.copy(file, copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (Classifier disk = Classifier.open(file);
        Classifier resource =
            Classifier.openResource(
                ClassifierTest.class, "in-a-jar.onnx", ClassifierOptions.DEFAULT)) {
      assertThat(resource.classify(IMAGE).outputs()).isEqualTo(disk.classify(IMAGE).outputs());
      assertThat(resource.sha256()).isEqualTo(disk.sha256());
    } finally {
      Files.delete(copy);
    }
    assertThatThrownBy(
            () ->
                Classifier.openResource(
                    ClassifierTest.class, "in-a-jar.onnx", ClassifierOptions.DEFAULT))
        .hasMessage(
            "[in-a-jar.onnx] there is no such resource beside " + ClassifierTest.class.getName());
  }

  @Test
  void aModelThatAnswersOtherwiseHereIsNotOpened() throws IOException {
    Path file = TinyModels.write(folder, Optional.of(TinyModels.card(TinyModels.golden(0.5f))));
    assertThatThrownBy(() -> Classifier.open(file))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageStartingWith(
            "[tiny] it does not answer here as it did when it was exported: golden image 0: logit 0"
                + " is 0.980392, expected 1.48039 within 0.0100; export it again");
  }

  /**
   * Beyond 16 bits too, where ONNX Runtime's Java interface gives another text than the file has.
   */
  @Test
  void labelsOfAnyCharactersComeAsTheyAre() throws IOException {
    List<String> labels = List.of("shoe \uD83D\uDC5F", "\uD842\uDFB7", "Grüße");
    Path file = TinyModels.write(folder, Optional.of(TinyModels.card(labels)));
    try (Classifier classifier = Classifier.open(file)) {
      assertThat(classifier.labels()).isEqualTo(labels);
    }
  }

  @Test
  void featuresAndScoresAreNotTakenForEachOther() throws IOException {
    try (Classifier classifier = open()) {
      assertThatThrownBy(() -> classifier.features(IMAGE))
          .isInstanceOf(Failure.class)
          .hasMessageContaining("exporter onnx --output features");
    }
    try (Classifier features = Classifier.open(TinyModels.writeFeatures(folder))) {
      assertThat(features.features(IMAGE)[1]).isCloseTo(250 / 255f, within(1e-6f));
      assertThatThrownBy(() -> features.classify(IMAGE))
          .hasMessage(
              "[tiny] it gives features and no scores of classes; call features, or export it"
                  + " without --output");
    }
  }

  @Test
  void aGpuThatThisRuntimeCannotUseIsRefusedWithTheRemedy() throws IOException {
    Path file = TinyModels.write(folder);
    ClassifierOptions gpu = ClassifierOptions.DEFAULT.withDevice(Device.cuda(0));
    assertThatThrownBy(() -> Classifier.open(file, gpu))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessageStartingWith("cuda:0 cannot be used: ")
        .hasMessageEndingWith(
            "; put com.microsoft.onnxruntime:onnxruntime_gpu on the class path in place of"
                + " onnxruntime, or take Device.cpu()");
    assertThatThrownBy(() -> Device.cuda(-1)).hasMessage("cuda:-1: expected a number from 0");
  }

  @Test
  void optionsThatCannotBeAreRefused() {
    assertThatThrownBy(() -> ClassifierOptions.DEFAULT.withMaxBatch(0))
        .hasMessage(
            "expected threads of 0 or more, batches of 1 or more images and no negative delay, but"
                + " found 0, 0 and PT0S");
  }
}
