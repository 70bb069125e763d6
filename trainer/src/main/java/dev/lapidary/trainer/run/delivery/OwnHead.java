package dev.lapidary.trainer.run.delivery;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.program.NetworkTensors;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import dev.lapidary.trainer.run.network.Network;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The network as it is delivered. Where a second head was trained, the last layer has the outputs
 * of both: the rows of the target's classes come first, and they alone are kept.
 */
final class OwnHead {
  private OwnHead() {}

  static TorchScriptArchive of(RunInputs inputs, Map<String, Tensor> weights) throws IOException {
    if (!inputs.data().learned().hasSecondHead()) {
      TorchScriptArchive archive = inputs.network().archive();
      NetworkTensors.store(archive, weights);
      return archive;
    }
    TorchScriptArchive archive =
        Network.of(inputs.config(), inputs.data().train().labels(), Progress.silent()).archive();
    Map<String, Tensor> own = new LinkedHashMap<>();
    for (StateDict.Entry entry : StateDict.of(archive).entries()) {
      Tensor trained = weights.get(entry.name());
      if (trained != null) {
        own.put(
            entry.name(),
            trained.view(entry.tensor().shape(), trained.strides(), trained.offset()));
      }
    }
    NetworkTensors.store(archive, own);
    return archive;
  }
}
