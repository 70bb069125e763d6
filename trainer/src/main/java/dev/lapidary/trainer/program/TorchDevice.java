package dev.lapidary.trainer.program;

import ai.djl.Device;
import dev.lapidary.core.failure.Failure;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where libtorch computes, by PyTorch's names (<a
 * href="https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.device">torch.device</a>):
 * {@code cpu}, {@code cuda:N}. {@code cuda} is the first, {@code auto} the first that is there,
 * else the CPU.
 *
 * @param index of the GPU, from 0; -1 for the CPU
 */
public record TorchDevice(int index) {
  public static final TorchDevice CPU = new TorchDevice(-1);

  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /** Whether {@link #of} knows the name, on whatever machine. */
  public static boolean isName(String name) {
    return name.equals("auto") || name.equals("cpu") || CUDA.matcher(name).matches();
  }

  /**
   * Loads libtorch unless the CPU is asked for.
   *
   * @throws Failure (exit 2) for another name, and for a GPU that libtorch does not see
   */
  public static TorchDevice of(String name) {
    return name.equals("cpu") ? CPU : of(name, Libtorch.engine().getGpuCount());
  }

  static TorchDevice of(String name, int gpus) {
    if (name.equals("auto")) {
      return gpus == 0 ? CPU : new TorchDevice(0);
    }
    TorchDevice device = named(name);
    if (device.index >= gpus) {
      throw Failure.badInput(
          "--device %s: %s; use --device cpu, or see docs/gpu.md",
          name,
          gpus == 0
              ? "libtorch sees no GPU here"
              : "libtorch sees %d GPU%s here, the last is cuda:%d"
                  .formatted(gpus, gpus == 1 ? "" : "s", gpus - 1));
    }
    return device;
  }

  /**
   * {@code cpu}, {@code cuda} or {@code cuda:N}, whether it is here or not.
   *
   * @throws Failure (exit 2) for another name
   */
  public static TorchDevice named(String name) {
    if (name.equals("cpu")) {
      return CPU;
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw Failure.badInput("--device %s: expected auto, cpu or cuda:N", name);
    }
    return new TorchDevice(cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1)));
  }

  public boolean isGpu() {
    return index >= 0;
  }

  Device inDjl() {
    return isGpu() ? Device.gpu(index) : Device.cpu();
  }

  /** As PyTorch writes it. */
  @Override
  public String toString() {
    return isGpu() ? "cuda:" + index : "cpu";
  }
}
