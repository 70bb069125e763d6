package dev.lapidary.runtime.model;

/** What runs a model's file, called as the Open Inference Protocol's servers call it. */
public enum InferenceEngine {
  /** ONNX files. */
  ONNXRUNTIME("ONNX Runtime", "onnx_onnxv1", "onnxruntime_onnx", "onnxruntime"),

  /** TorchScript archives, by libtorch. */
  PYTORCH("libtorch", "pytorch_libtorch", "pytorch_libtorch", "pytorch");

  private final String label;
  private final String format;
  private final String platform;
  private final String backend;

  InferenceEngine(String label, String format, String platform, String backend) {
    this.label = label;
    this.format = format;
    this.platform = platform;
    this.backend = backend;
  }

  /** For people. */
  public String label() {
    return label;
  }

  /** A model's {@code platform} in its metadata: the protocol's {@code <project>_<format>}. */
  public String format() {
    return format;
  }

  /** The {@code platform} in Triton's model configuration. */
  public String platform() {
    return platform;
  }

  /** The {@code backend} in Triton's model configuration. */
  public String backend() {
    return backend;
  }
}
