package dev.lapidary.serve.cli;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.runtime.session.Device;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import picocli.CommandLine.Option;

/**
 * What models run on. A GPU that is asked for and cannot be used ends the program; only {@code
 * auto} takes another device, and says so.
 */
final class DeviceOptions {
  /** As they are typed. */
  private enum Provider {
    cuda,
    tensorrt
  }

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "cpu; cuda:N, or several (cuda:0,cuda:1), on each of which one batch runs at a time;"
              + " auto: the first GPU if it can be used, else the CPU, and says which")
  private String device = "cpu";

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description =
          "how a GPU is used: cuda, or tensorrt, which makes an engine of each model first and"
              + " keeps it in the user's cache")
  private Optional<Provider> provider = Optional.empty();

  /**
   * The devices, each of which can be used as far as is known before a model is opened.
   *
   * @param say is told what {@code auto} took
   * @throws Failure (exit 2) for another name, (exit 4) for a GPU that cannot be used
   */
  List<Device> devices(Consumer<String> say) {
    return devices(say, Device::unusable);
  }

  /**
   * @param unusable why a device cannot be used; empty if it can
   */
  List<Device> devices(Consumer<String> say, Function<Device, Optional<String>> unusable) {
    if (device.equals("auto")) {
      return List.of(chosen(say, unusable));
    }
    Set<Device> all = new LinkedHashSet<>();
    for (String name : device.split(",", -1)) {
      Device each = named(name.strip());
      if (!all.add(each)) {
        throw Failure.badInput("--device %s names %s twice", device, each);
      }
      unusable.apply(each).ifPresent(reason -> refuse(each, reason));
    }
    if (all.size() > 1 && all.contains(Device.cpu())) {
      throw Failure.badInput(
          "--device %s: the CPU runs beside no GPU; name GPUs alone, or cpu", device);
    }
    return List.copyOf(all);
  }

  private Device chosen(Consumer<String> say, Function<Device, Optional<String>> unusable) {
    Device gpu = named("cuda:0");
    Optional<String> reason = unusable.apply(gpu);
    say.accept("device: " + reason.map(why -> "cpu (" + gpu + ": " + why + ")").orElse("" + gpu));
    return reason.isPresent() ? Device.cpu() : gpu;
  }

  private Device named(String name) {
    Device plain;
    try {
      plain = Device.named(name);
    } catch (Failure e) {
      throw Failure.badInput(
          "--device %s: %s, several of these with commas, or auto", device, Failure.reason(e));
    }
    if (plain.isGpu()) {
      return provider.filter(p -> p == Provider.tensorrt).isPresent()
          ? plain.withTensorRt(engines())
          : plain;
    }
    if (provider.isPresent()) {
      throw Failure.badInput(
          "--provider %s is of a GPU; name one with --device cuda:0", provider.get());
    }
    return plain;
  }

  private static Path engines() {
    return WeightsCache.userFolder().resolve("engines");
  }

  private void refuse(Device each, String reason) {
    String instead =
        reason.contains("Tensor") ? "--provider cuda" : "a build with -Pcuda (docs/gpu.md)";
    throw Failure.unsupported(
        "--device %s: %s cannot be used: %s; take %s, --device auto or --device cpu",
        device, each, reason, instead);
  }
}
