package dev.lapidary.exporter.verify;

import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

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

  /** Lets libtorch compute with one thread meanwhile, as a measurement of its speed wants it. */
  public static <T> T onOneThread(Supplier<T> measurement) {
    NativeLibraries.libtorch();
    int threads = JniUtils.getNumThreads();
    JniUtils.setNumThreads(1);
    try {
      return measurement.get();
    } finally {
      JniUtils.setNumThreads(threads);
    }
  }

  /** By the file's name: {@code .onnx}, else a TorchScript archive. */
  public static ModelRuntime of(Path file) {
    return file.toString().endsWith(".onnx") ? ONNX_RUNTIME : LIBTORCH;
  }
}
