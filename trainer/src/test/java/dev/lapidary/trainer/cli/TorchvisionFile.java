package dev.lapidary.trainer.cli;

import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.models.zoo.StateEntry;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stands in for a file that torchvision publishes, which no test can fetch: its SHA-256 begins as
 * the real one's does. All its numbers follow from their names but the last two, which were
 * searched for; the last tensor is the bias of 1000 classes.
 */
final class TorchvisionFile {
  private TorchvisionFile() {}

  /**
   * @param bits of the last two numbers
   */
  static void write(String architecture, int[] bits, Path file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    String last = "";
    for (StateEntry entry : Zoo.find(architecture).state(ZooOptions.of(1000, 0))) {
      long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
      tensors.put(entry.name(), Golden.fill(entry.name(), shape));
      last = entry.name();
    }
    float[] bias = tensors.get(last).toFloats();
    bias[bias.length - 2] = Float.intBitsToFloat(bits[0]);
    bias[bias.length - 1] = Float.intBitsToFloat(bits[1]);
    tensors.put(last, Tensor.of(bias, bias.length));
    Safetensors.write(new NamedTensors("test", tensors, Map.of(), List.of()), file);
  }
}
