import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.Classification;
import dev.lapidary.runtime.Classifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** java -cp 'LIB/*' Client.java MODEL.onnx IMAGE...: one JSON line an image, by the library. */
class Client {
  public static void main(String[] arguments) throws Exception {
    try (Classifier classifier = Classifier.open(Path.of(arguments[0]))) {
      for (String image : Arrays.asList(arguments).subList(1, arguments.length)) {
        float[] tensor = classifier.preprocess(Files.readAllBytes(Path.of(image)));
        long begin = System.nanoTime();
        classifier.outputs(tensor, 1);
        double millis = (System.nanoTime() - begin) / 1e6;
        Classification answer = classifier.classify(Path.of(image));
        System.out.printf(
            "{\"image\":\"%s\",\"classes\":[{\"label\":\"%s\",\"index\":%d,\"probability\":%s}],\"outputs\":%s,\"millis\":%s}%n",
            image, answer.best().label(), answer.best().index(), answer.best().probability(),
            Arrays.toString(answer.outputs()), millis);
      }
    } catch (Failure e) { // it has no stack trace, without which the launcher of source files shows nothing
      System.err.println("error: " + e.getMessage());
      System.exit(e.code().status());
    }
  }
}
