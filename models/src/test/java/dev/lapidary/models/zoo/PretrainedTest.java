package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PretrainedTest {
  private static final Architecture NETWORK = Zoo.find("resnet20_cifar");
  private static final ZooOptions OPTIONS = ZooOptions.of(3, 7);

  @Test
  void whatIsDrawnLaterIsWhatIsDrawnAtOnce() {
    TorchScriptArchive blank = NETWORK.blank(OPTIONS);
    NETWORK.fill(StateDict.of(blank), OPTIONS, name -> true);
    requireEqual(tensors(blank), tensors(NETWORK.build(OPTIONS)));
    assertThat(blank.code()).isEqualTo(NETWORK.build(OPTIONS).code());
  }

  /** Half comes from the file, half is drawn as if there were no file. */
  @Test
  void onlyWhatTheFileLacksIsDrawn() {
    Map<String, Tensor> file = new LinkedHashMap<>(tensors(NETWORK.build(ZooOptions.of(3, 8))));
    file.keySet().removeIf(name -> name.startsWith("layer2."));
    Map<String, Tensor> expected = new LinkedHashMap<>(tensors(NETWORK.build(OPTIONS)));
    expected.putAll(file);

    Pretrained made =
        Pretrained.of(NETWORK, OPTIONS, new NamedTensors("test", file, Map.of(), List.of()), 0.5);

    requireEqual(tensors(made.archive()), expected);
    assertThat(tensors(made.archive()).get("conv1.weight").storage())
        .as("a tensor of the file is not copied")
        .isSameAs(file.get("conv1.weight").storage());
  }

  private static Map<String, Tensor> tensors(TorchScriptArchive archive) {
    return StateDict.of(archive).tensors();
  }

  private static void requireEqual(Map<String, Tensor> found, Map<String, Tensor> expected) {
    assertThat(found).containsOnlyKeys(expected.keySet());
    expected.forEach(
        (name, tensor) -> {
          assertThat(found.get(name).toString()).as(name).isEqualTo(tensor.toString());
          assertThat(found.get(name).bytes()).as(name).isEqualTo(tensor.bytes());
        });
  }
}
