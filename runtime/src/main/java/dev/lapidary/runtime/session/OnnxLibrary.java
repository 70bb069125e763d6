package dev.lapidary.runtime.session;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where ONNX Runtime comes from, and what to do where it cannot be had. */
final class OnnxLibrary {
  private static final String CLASS = "ai/onnxruntime/OrtEnvironment.class";

  private OnnxLibrary() {}

  /** Exit 4, of whatever the loading threw. */
  static Failure cannotLoad(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return new Failure(
        ExitCode.UNSUPPORTED,
        "ONNX Runtime has no library that loads on %s-%s%s: %s; its jar carries linux-x64,"
                .formatted(
                    System.getProperty("os.name").toLowerCase(Locale.ROOT),
                    System.getProperty("os.arch"),
                    isMusl() ? " with musl" : "",
                    Failure.reason(cause))
            + " linux-aarch64 (both glibc), osx-aarch64 and win-x64; use an image with glibc, or a"
            + " library of your own by -Donnxruntime.native.path=FOLDER"
            + several(),
        error);
  }

  /** A hint to append: {@code ; 2 ONNX Runtimes are on the class path: …}; empty if it is one. */
  static String several() {
    List<String> jars = new ArrayList<>();
    try {
      ClassLoader loader = OnnxLibrary.class.getClassLoader();
      for (URL url : java.util.Collections.list(loader.getResources(CLASS))) {
        jars.add(url.toString().replaceFirst("!?/" + CLASS, "").replaceFirst(".*/", ""));
      }
    } catch (IOException e) {
      return "";
    }
    return jars.size() < 2
        ? ""
        : "; %d ONNX Runtimes are on the class path, of which the first is taken: %s; keep one"
            .formatted(jars.size(), String.join(", ", jars));
  }

  /** Alpine's C library, for which there is no build. */
  private static boolean isMusl() {
    try (var files = Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*")) {
      return files.iterator().hasNext() && !Files.exists(Path.of("/lib64/ld-linux-x86-64.so.2"));
    } catch (IOException e) {
      return false;
    }
  }
}
