package dev.lapidary.exporter.artifact;

import ai.onnxruntime.OrtEnvironment;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.runtime.Classifier;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles the class where this Java has a compiler: a JDK has one, a JRE has none. */
final class Compilation {
  private Compilation() {}

  /**
   * @return the class file's bytes; empty without a compiler
   * @throws Failure (exit 1) if it is there and refuses
   */
  static Optional<byte[]> of(Coordinates name, String source) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      return Optional.empty();
    }
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-jar-");
        StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      Path file = folder.resolve(name.className() + ".java");
      Files.writeString(file, source);
      StringWriter said = new StringWriter();
      boolean done =
          compiler
              .getTask(
                  said,
                  files,
                  null,
                  List.of(
                      "--release",
                      "17",
                      "-proc:none",
                      "-nowarn",
                      "-encoding",
                      "UTF-8",
                      "-cp",
                      classPath(),
                      "-d",
                      folder.path().toString()),
                  null,
                  files.getJavaFileObjects(file))
              .call();
      if (!done) {
        throw Failure.failed("[%s] does not compile: %s", file.getFileName(), said);
      }
      return Optional.of(
          Files.readAllBytes(folder.resolve(name.folder() + name.className() + ".class")));
    }
  }

  private static String classPath() {
    return Stream.of(Classifier.class, ModelCard.class, OrtEnvironment.class)
        .map(Compilation::codeSource)
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String codeSource(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("a jar's place is a URI", e);
    }
  }
}
