package dev.lapidary.trainer.run.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.run.inputs.RunDirectory;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code model.pt}: the network alone, with its card; the same weights as safetensors; and {@code
 * test.json} if there are test images.
 */
public final class Delivery {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private Delivery() {}

  public static void write(
      RunDirectory directory,
      RunInputs inputs,
      Map<String, Tensor> weights,
      DeliveredScores measured)
      throws IOException {
    TorchScriptArchive archive = OwnHead.of(inputs, weights);
    String card = CardJson.write(RunCard.of(inputs, measured));
    Map<String, byte[]> extra = new LinkedHashMap<>(archive.extra());
    extra.put(TorchScriptArchive.CARD, card.getBytes(UTF_8));
    Dataset train = inputs.data().train();
    Map<String, String> labels = HeadLabels.metadata(train.labels(), train.task().activation());
    if (measured.test().isPresent()) {
      Measures test = measured.test().get().measures();
      AtomicFile.write(directory.test(), file -> Files.write(file, JSON.writeValueAsBytes(test)));
    }
    Safetensors.write(
        new NamedTensors("safetensors", StateDict.of(archive).tensors(), labels, List.of()),
        directory.weights());
    ArchiveWriter.write(archive.withExtra(extra), directory.model());
  }
}
