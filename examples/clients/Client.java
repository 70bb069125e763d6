import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.Classification;
import dev.lapidary.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** java -cp 'LIB/*' Client.java MODEL.onnx... IMAGE...: one JSON line an image, by the library. */
class Client {
  public static void main(String[] arguments) throws IOException {
    int status = 0;
    for (String model : Arrays.stream(arguments).filter(a -> a.endsWith(".onnx")).toList()) {
      try {
        classify(model, Arrays.stream(arguments).filter(a -> !a.endsWith(".onnx")).toList());
      } catch (Failure e) { // it has no stack trace, without which the launcher of source files shows nothing
        System.err.println("error: " + model + ": " + e.getMessage());
        status = e.code().status();
      }
    }
    System.exit(status);
  }

  private static void classify(String model, List<String> images) throws IOException {
    try (Classifier classifier = Classifier.open(Path.of(model))) {
      for (String image : images) {
        float[] tensor = classifier.preprocess(Files.readAllBytes(Path.of(image)));
        long begin = System.nanoTime();
        classifier.outputs(tensor, 1);
        double millis = (System.nanoTime() - begin) / 1e6;
        Classification answer = classifier.classify(Path.of(image));
        System.out.printf(
            "{\"model\":\"%s\",\"image\":\"%s\",\"classes\":[{\"label\":\"%s\",\"index\":%d,\"probability\":%s}],\"outputs\":%s,\"millis\":%s}%n",
            model, image, answer.best().label(), answer.best().index(), answer.best().probability(),
            Arrays.toString(answer.outputs()), millis);
      }
    }
  }
}
