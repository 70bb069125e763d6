package dev.lapidary.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a network runs on: the processors of this machine, or one GPU. A GPU runs all of a network
 * or none of it: an operator that it has not is no reason to run on the processors in silence.
 */
public final class Device {
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");
  private static final int NONE = -1;

  private final int gpu;
  private final Optional<Path> engines;

  private Device(int gpu, Optional<Path> engines) {
    this.gpu = gpu;
    this.engines = engines;
  }

  public static Device cpu() {
    return new Device(NONE, Optional.empty());
  }

  /**
   * Needs {@code com.microsoft.onnxruntime:onnxruntime_gpu} in place of {@code onnxruntime} on the
   * class path, and its CUDA on the machine. TF32 is not used, so that float32 is as exact as on
   * the processors.
   *
   * @param index of the GPU, from 0
   */
  public static Device cuda(int index) {
    if (index < 0) {
      throw new IllegalArgumentException("cuda:" + index + ": expected a number from 0");
    }
    return new Device(index, Optional.empty());
  }

  /**
   * By PyTorch's names: {@code cpu}, {@code cuda} (the first) or {@code cuda:N}.
   *
   * @throws Failure (exit 2) for another name
   */
  public static Device named(String name) {
    if (name.equals("cpu")) {
      return cpu();
    }
    Matcher match = CUDA.matcher(name);
    if (!match.matches()) {
      throw Failure.badInput("'%s' is no device, expected cpu or cuda:N", name);
    }
    return cuda(match.group(1) == null ? 0 : Integer.parseInt(match.group(1)));
  }

  /**
   * The same GPU through TensorRT, which makes an engine of a network first; that takes minutes,
   * and is kept. What TensorRT has not, CUDA runs.
   *
   * @param folder of the engines
   */
  public Device withTensorRt(Path folder) {
    if (!isGpu()) {
      throw new IllegalArgumentException("TensorRT runs on a GPU, and this is " + this);
    }
    return new Device(gpu, Optional.of(folder));
  }

  public boolean isGpu() {
    return gpu != NONE;
  }

  /**
   * How far what it answers may be from what the processors answered, as a share of the largest
   * |logit|, beside what the card says. Both numbers are of the format (fp16 has 11 bits, TF32 as
   * many), times a network's depth; neither has been measured.
   *
   * @param half whether the network computes in fp16, which the processors do in float32
   */
  public double logitBound(boolean half) {
    return isGpu() && (half || engines.isPresent()) ? 0.01 : 0;
  }

  /**
   * Why it cannot be used here, in one line; empty if nothing is known against it, which a network
   * that is opened there alone can tell.
   *
   * @throws Failure (exit 1) if the folder of engines cannot be made
   */
  public Optional<String> unusable() {
    if (!isGpu()) {
      return Optional.empty();
    }
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      add(options);
      return Optional.empty();
    } catch (OrtException e) {
      return Optional.of(Failure.reason(e));
    }
  }

  /**
   * @throws Failure (exit 4) if this ONNX Runtime cannot use the device
   */
  void addTo(OrtSession.SessionOptions options) {
    try {
      add(options);
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

  private void add(OrtSession.SessionOptions options) throws OrtException {
    if (gpu == NONE) {
      return;
    }
    require(OrtProvider.CUDA);
    options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
    if (engines.isPresent()) {
      require(OrtProvider.TENSOR_RT);
      addTensorRt(options, engines.get());
    }
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(gpu)) {
      cuda.add("use_tf32", "0");
      options.addCUDA(cuda);
    }
  }

  private static void require(OrtProvider provider) throws OrtException {
    if (!OrtEnvironment.getAvailableProviders().contains(provider)) {
      throw new OrtException("this ONNX Runtime has no " + provider.getName());
    }
  }

  private void addTensorRt(OrtSession.SessionOptions options, Path folder) throws OrtException {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw Failure.failed(
          "TensorRT's engines cannot be kept in %s: %s", folder, Failure.reason(e));
    }
    try (OrtTensorRTProviderOptions engine = new OrtTensorRTProviderOptions(gpu)) {
      engine.add("trt_engine_cache_enable", "1");
      engine.add("trt_engine_cache_path", folder.toString());
      engine.add("trt_timing_cache_enable", "1");
      engine.add("trt_timing_cache_path", folder.toString());
      options.addTensorrt(engine);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Device device && device.gpu == gpu && device.engines.equals(engines);
  }

  @Override
  public int hashCode() {
    return 31 * gpu + engines.hashCode();
  }

  /** {@code cpu}, {@code cuda:0} or {@code cuda:0 by TensorRT}. */
  @Override
  public String toString() {
    return gpu == NONE ? "cpu" : "cuda:" + gpu + (engines.isPresent() ? " by TensorRT" : "");
  }
}
