package dev.lapidary.exporter.verify;

import java.nio.file.Path;
import java.util.List;

/** What runs a model file. */
public enum ModelRuntime {
  LIBTORCH,
  ONNX_RUNTIME;

  /** With its version, as certificates say it: {@code libtorch 2.7.1}. */
  public String label() {
    return switch (this) {
      case LIBTORCH -> "libtorch " + NativeLibraries.libtorch().getVersion();
      case ONNX_RUNTIME -> "onnxruntime " + NativeLibraries.awaitOnnxRuntime();
    };
  }

  /**
   * Loads their libraries in the background, for a command that will run models.
   *
   * @param file any, better one that can be read
   */
  public static void prepare(Path file, ModelRuntime... runtimes) {
    NativeLibraries.prepare(file, List.of(runtimes));
  }

  /**
   * Waits for a library's call that is under way, and lets none begin: a library whose objects are
   * destroyed while it computes ends the process by a crash, whatever the exit's status.
   */
  public static void end() {
    NativeLibraries.end();
  }

  /** By the file's name: {@code .onnx}, else a TorchScript archive. */
  public static ModelRuntime of(Path file) {
    return file.toString().endsWith(".onnx") ? ONNX_RUNTIME : LIBTORCH;
  }
}
