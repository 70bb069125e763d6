import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.Prediction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Classify MODEL.onnx IMAGE...: the three best labels of each image. */
public final class Classify {
  public static void main(String[] arguments) throws IOException {
    try (Classifier classifier = Classifier.open(Path.of(arguments[0]))) {
      for (String image : Arrays.asList(arguments).subList(1, arguments.length)) {
        try {
          for (Prediction one : classifier.classify(Path.of(image)).top(3)) {
            System.out.printf("%s: %5.1f %%  %s%n", image, 100 * one.probability(), one.label());
          }
        } catch (UndecodableImage e) {
          System.err.println(image + ": " + e.getMessage());
        }
      }
    } catch (Failure e) {
      System.err.println("error: " + e.getMessage());
      System.exit(e.code().status());
    }
  }
}
