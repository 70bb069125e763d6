package dev.lapidary.exporter.verify;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;
import java.nio.file.Path;

/** What runs a model file. */
public enum ModelRuntime {
  LIBTORCH,
  ONNX_RUNTIME;

  /** With its version, as certificates say it: {@code libtorch 2.7.1}. */
  public String label() {
    return switch (this) {
      case LIBTORCH -> "libtorch " + Engine.getEngine(TorchModel.ENGINE).getVersion();
      case ONNX_RUNTIME -> "onnxruntime " + OrtEnvironment.getEnvironment().getVersion();
    };
  }

  /**
   * Loads ONNX Runtime's libraries on a thread of its own, so that they are there when a model is
   * to be run. What fails here fails again, and is reported, then.
   */
  public static void prepareOnnxRuntime() {
    Thread thread = new Thread(OrtEnvironment::getEnvironment, "onnxruntime-load");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((t, e) -> {});
    thread.start();
  }

  /** By the file's name: {@code .onnx}, else a TorchScript archive. */
  public static ModelRuntime of(Path file) {
    return file.toString().endsWith(".onnx") ? ONNX_RUNTIME : LIBTORCH;
  }
}
