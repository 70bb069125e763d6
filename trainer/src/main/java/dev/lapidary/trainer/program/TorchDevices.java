package dev.lapidary.trainer.program;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a run computes: a {@link TorchDevice}, or several GPUs of this machine, {@code cuda:0,1}.
 *
 * @param all at least one, none twice; several are GPUs
 */
public record TorchDevices(List<TorchDevice> all) {
  private static final Pattern SEVERAL = Pattern.compile("cuda:(\\d{1,3}(?:,(?:cuda:)?\\d{1,3})+)");

  /** Whether {@link #of} knows the name, on whatever machine. */
  public static boolean isName(String name) {
    return TorchDevice.isName(name) || SEVERAL.matcher(name).matches();
  }

  /** How many a name is of. */
  public static int count(String name) {
    return SEVERAL.matcher(name).matches() ? name.split(",", -1).length : 1;
  }

  /**
   * Loads libtorch unless the CPU is asked for.
   *
   * @throws Failure (exit 2) for another name, for a GPU that libtorch does not see, and for one
   *     that is named twice
   */
  public static TorchDevices of(String name) {
    boolean none = name.equals("cpu") || !isName(name);
    return of(name, none ? 0 : Libtorch.engine().getGpuCount());
  }

  static TorchDevices of(String name, int gpus) {
    Matcher several = SEVERAL.matcher(name);
    if (!several.matches()) {
      if (!TorchDevice.isName(name)) {
        throw Failure.badInput("--device %s: expected auto, cpu, cuda:N or cuda:N,M", name);
      }
      return new TorchDevices(List.of(TorchDevice.of(name, gpus)));
    }
    List<TorchDevice> devices = new ArrayList<>();
    for (String number : several.group(1).replace("cuda:", "").split(",", -1)) {
      devices.add(TorchDevice.of("cuda:" + number, gpus));
    }
    if (new HashSet<>(devices).size() < devices.size()) {
      throw Failure.badInput(
          "--device %s names a GPU twice; name each once, and more workers by --world-size", name);
    }
    return new TorchDevices(devices);
  }

  /** Where the common weights are, and where is validated. */
  public TorchDevice first() {
    return all.get(0);
  }

  /** As {@link #of} reads it. */
  @Override
  public String toString() {
    StringBuilder name = new StringBuilder(first().toString());
    all.subList(1, all.size()).forEach(device -> name.append(',').append(device.index()));
    return name.toString();
  }
}
