package dev.lapidary.exporter.verify;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;

/** What runs a model file. */
public enum ModelRuntime {
  LIBTORCH("PyTorch"),
  ONNX_RUNTIME("OnnxRuntime");

  private final String engine;

  ModelRuntime(String engine) {
    this.engine = engine;
  }

  /** DJL's name of it. */
  String engine() {
    return engine;
  }

  /** With its version, as certificates say it: {@code libtorch 2.7.1}. */
  public String label() {
    return this == LIBTORCH
        ? "libtorch " + Engine.getEngine(engine).getVersion()
        : "onnxruntime " + OrtEnvironment.getEnvironment().getVersion();
  }

  /** By the file's name: {@code .onnx}, else a TorchScript archive. */
  public static ModelRuntime of(java.nio.file.Path file) {
    return file.toString().endsWith(".onnx") ? ONNX_RUNTIME : LIBTORCH;
  }
}
