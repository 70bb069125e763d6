package dev.lapidary.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of version 0.1.0 are opened (docs/stability.md), and answer their own golden images. */
class OldFilesTest {
  private static final Path OLD = Path.of("src/test/resources/compat/b5542fc");

  @ParameterizedTest
  @ValueSource(strings = {"model.onnx", "model-int8.onnx"})
  void filesOfThatVersionAnswerAsTheyDid(String file) throws IOException {
    try (Classifier classifier = Classifier.open(OLD.resolve(file))) {
      assertThat(classifier.card().orElseThrow().golden()).isNotEmpty();
      assertThat(classifier.labels()).containsExactly("dark", "light");
      assertThat(classifier.classify(OLD.resolve("light.png")).best().label()).isEqualTo("light");
    }
  }
}
