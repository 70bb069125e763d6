package dev.lapidary.core.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * Which native libraries a program has on its class path, by what their jars say of themselves:
 * nothing is loaded to answer {@code --version}.
 */
final class PresentNatives {
  private static final String LIBTORCH = "native/lib/pytorch.properties";
  private static final String ONNX_RUNTIME = "ai.onnxruntime.OrtEnvironment";

  private PresentNatives() {}

  /** Such as {@code libtorch 2.7.1} and {@code ONNX Runtime 1.29.0}. */
  static List<String> present() {
    List<String> lines = new ArrayList<>();
    libtorch().ifPresent(version -> lines.add("libtorch " + version));
    onnxRuntime().ifPresent(version -> lines.add("ONNX Runtime " + version));
    return lines;
  }

  private static Optional<String> libtorch() {
    URL described = PresentNatives.class.getClassLoader().getResource(LIBTORCH);
    if (described == null) {
      return Optional.empty();
    }
    try (Reader text = new InputStreamReader(described.openStream(), UTF_8)) {
      Properties properties = new Properties();
      properties.load(text);
      return Optional.ofNullable(properties.getProperty("version"))
          .map(version -> version.replaceFirst("-.*", ""));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> onnxRuntime() {
    try {
      Class<?> found = Class.forName(ONNX_RUNTIME, false, PresentNatives.class.getClassLoader());
      return Optional.ofNullable(found.getPackage().getImplementationVersion());
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }
}
