package dev.lapidary.trainer.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.models.archive.ArchiveWriter;
import dev.lapidary.models.archive.TorchScriptArchive;
import dev.lapidary.models.card.CardJson;
import dev.lapidary.models.script.StateDict;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.trainer.checkpoint.TrainingState.Best;
import dev.lapidary.trainer.program.TrainingProgram;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code model.pt}: the network alone, with its card; and the same weights as safetensors. */
final class Delivery {
  private Delivery() {}

  static void write(
      RunDirectory directory, RunInputs inputs, Map<String, Tensor> weights, Best best)
      throws IOException {
    TorchScriptArchive archive = inputs.network().archive();
    TrainingProgram.store(archive, weights);
    String card =
        CardJson.write(
            Cards.of(inputs.config(), inputs.data(), inputs.network(), inputs.identity(), best));
    Map<String, byte[]> extra = new LinkedHashMap<>(archive.extra());
    extra.put(TorchScriptArchive.CARD, card.getBytes(UTF_8));
    Map<String, String> labels = WithoutForeignHead.metadata(inputs.data().train().labels());
    Safetensors.write(
        new NamedTensors("safetensors", StateDict.of(archive).tensors(), labels, List.of()),
        directory.weights());
    ArchiveWriter.write(archive.withExtra(extra), directory.model());
  }
}
