package dev.lapidary.runtime.session;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;

/** What a network runs on: the processors of this machine, or one GPU. */
public final class Device {
  private static final int NONE = -1;

  private final int gpu;

  private Device(int gpu) {
    this.gpu = gpu;
  }

  public static Device cpu() {
    return new Device(NONE);
  }

  /**
   * Needs {@code com.microsoft.onnxruntime:onnxruntime_gpu} in place of {@code onnxruntime} on the
   * class path, and its CUDA on the machine.
   *
   * @param index of the GPU, from 0
   */
  public static Device cuda(int index) {
    if (index < 0) {
      throw new IllegalArgumentException("cuda:" + index + ": expected a number from 0");
    }
    return new Device(index);
  }

  public boolean isGpu() {
    return gpu != NONE;
  }

  /**
   * @throws Failure (exit 4) if this ONNX Runtime cannot use the device
   */
  void addTo(OrtSession.SessionOptions options) {
    if (gpu == NONE) {
      return;
    }
    try {
      options.addCUDA(gpu);
    } catch (OrtException e) {
      throw new Failure(
          ExitCode.UNSUPPORTED,
          "%s cannot be used: %s; put com.microsoft.onnxruntime:onnxruntime_gpu on the class path in"
                  .formatted(this, Failure.reason(e))
              + " place of onnxruntime, or take Device.cpu()"
              + OnnxLibrary.several(),
          e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Device device && device.gpu == gpu;
  }

  @Override
  public int hashCode() {
    return gpu;
  }

  @Override
  public String toString() {
    return gpu == NONE ? "cpu" : "cuda:" + gpu;
  }
}
