import dev.lapidary.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Path;

/** Fashion IMAGE: a model that is a dependency, made by exporter jar. */
public final class Fashion {
  public static void main(String[] arguments) throws IOException {
    try (Classifier fashion = com.acme.fashion.Fashion.open()) {
      System.out.println(fashion.classify(Path.of(arguments[0])).best());
    }
  }
}
