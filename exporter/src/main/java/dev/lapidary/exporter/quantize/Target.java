package dev.lapidary.exporter.quantize;

import java.util.Locale;

/** What an int8 file is written for: {@code --target}. */
public enum Target {
  /** ONNX Runtime on a CPU that adds products of 8 bits in 32: x86 with VNNI, ARM. */
  CPU,
  /**
   * Any CPU: x86 without VNNI adds products in pairs in 16 bits, and {@link PairSums} keeps weights
   * from saturating there.
   */
  PORTABLE,
  /** NVIDIA's TensorRT: what {@link TensorRtQdq} writes. */
  TENSORRT,
  /** onnxruntime-web, in WebAssembly: {@link WebLayers} run on integers. */
  WEB;

  /** As it is given, and as the card says it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
