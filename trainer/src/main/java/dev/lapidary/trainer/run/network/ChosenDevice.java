package dev.lapidary.trainer.run.network;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TorchDevices;
import java.util.List;

/** Where a network is computed: found, and said, before an image is read. */
public final class ChosenDevice {
  private ChosenDevice() {}

  /**
   * Loads libtorch unless the CPU is asked for.
   *
   * @param name as {@link TorchDevice#of} takes it
   * @throws Failure (exit 2) for another name, and for a GPU that libtorch does not see
   */
  public static TorchDevice of(String name, int threads, WorkProgress progress) {
    TorchDevice device =
        name.equals("cpu") ? TorchDevice.CPU : Libtorch.call(threads, () -> TorchDevice.of(name));
    progress.say("device: " + described(new TorchDevices(List.of(device)), threads));
    return device;
  }

  /** Such as {@code cpu (2 threads, avx512_vnni)} or {@code cuda:0,1}. */
  public static String described(TorchDevices devices, int threads) {
    String count = threads == 1 ? "1 thread" : threads + " threads";
    return devices.first().isGpu()
        ? devices.toString()
        : "cpu (%s, %s)".formatted(count, Fingerprint.widestInstructions());
  }
}
