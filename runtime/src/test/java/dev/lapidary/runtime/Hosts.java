package dev.lapidary.runtime;

import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;

/** Host programs of their own for {@link HostTest}. */
final class Hosts {
  private Hosts() {}

  /** {@code classify|redeploy MODEL IMAGE}: prints the best label, one a line. */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("classify")) {
      System.out.println(classify(arguments[1], arguments[2]));
      return;
    }
    for (int i = 0; i < 2; i++) {
      try (URLClassLoader application = new URLClassLoader(classPath(), null)) {
        Method classify =
            application
                .loadClass(Hosts.class.getName())
                .getDeclaredMethod("classify", String.class, String.class);
        classify.setAccessible(true);
        System.out.println(classify.invoke(null, arguments[1], arguments[2]));
      }
    }
  }

  private static URL[] classPath() throws Exception {
    String[] entries = System.getProperty("java.class.path").split(File.pathSeparator);
    URL[] urls = new URL[entries.length];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = Path.of(entries[i]).toUri().toURL();
    }
    return urls;
  }

  static String classify(String model, String image) throws Exception {
    try (Classifier classifier = Classifier.open(Path.of(model))) {
      return classifier.classify(Files.readAllBytes(Path.of(image))).best().label();
    } catch (RuntimeException e) {
      return e.getMessage();
    }
  }
}
