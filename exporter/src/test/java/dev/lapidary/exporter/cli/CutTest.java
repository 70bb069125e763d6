package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.Golden;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.script.StateDict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --output}, against what the whole network makes of the same image. */
class CutTest {
  @TempDir Path folder;

  private final StringWriter err = new StringWriter();

  private static Path archive(String kind) {
    return Golden.archive("mobilenet_v3_small", kind).orElseThrow();
  }

  private int run(String... arguments) {
    PrintWriter out = new PrintWriter(new StringWriter(), true);
    return ExporterMain.run(out, new PrintWriter(err, true), arguments);
  }

  private OnnxGraph exported(String kind, String... more) {
    Path file = folder.resolve(kind + more.length + ".onnx");
    Stream<String> fixed = Stream.of("onnx", archive(kind).toString(), "--out=" + file);
    String[] all = Stream.concat(fixed, Stream.of(more)).toArray(String[]::new);
    assertThat(run(all)).as(err.toString()).isZero();
    return OnnxReader.read(file);
  }

  private static Tensor weight(Path archive, String name) {
    return StateDict.of(ArchiveReader.read(archive)).entries().stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow()
        .tensor();
  }

  @ParameterizedTest
  @ValueSource(strings = {"scripted", "traced"})
  void featuresTimesTheHeadAreTheLogits(String kind) {
    Tensor image = Uniform.tensor("input", 1, 3, 224, 224);
    OnnxGraph cut = exported(kind, "--output=features");
    assertThat(cut.outputs().toString()).isEqualTo("[features FLOAT32[N, 45]]");
    float[] features = OrtRun.first(cut, image).toFloats();
    float[] logits = OrtRun.first(exported(kind), image).toFloats();
    float[] weight = weight(archive(kind), "classifier.3.weight").toFloats();
    float[] bias = weight(archive(kind), "classifier.3.bias").toFloats();
    for (int c = 0; c < logits.length; c++) {
      double sum = bias[c];
      for (int i = 0; i < features.length; i++) {
        sum += (double) weight[c * features.length + i] * features[i];
      }
      // The same sum of 45 products, added in float32 there and in double here.
      assertThat((double) logits[c]).isCloseTo(sum, within(1e-5 * Math.max(1, Math.abs(sum))));
    }
    ModelCard card = CardJson.read(cut.metadata().get(ModelCard.METADATA_KEY), "cut");
    assertThat(card.architecture()).endsWith(":features");
    assertThat(card.labels()).isEmpty();
    assertThat(card.parity()).isPresent();
  }

  @Test
  void aLayerInTheMiddleIsExportedWithoutWhatFollowsAndVerified() {
    Path file = folder.resolve("middle.onnx");
    String source = archive("scripted").toString();
    assertThat(run("onnx", source, "--output=features.3.block.0", "--out=" + file))
        .as(err.toString())
        .isZero();
    OnnxGraph middle = OnnxReader.read(file);
    assertThat(middle.outputs().get(0).rank()).isEqualTo(4);
    assertThat(middle.nodes().size()).isLessThan(40);
    assertThat(middle.initializers().keySet()).noneMatch(name -> name.startsWith("classifier"));
    assertThat(run("verify", file.toString(), "--against=" + source, "--output=features.3.block.0"))
        .as(err.toString())
        .isZero();
    assertThat(run("verify", file.toString(), "--against=" + source)).isEqualTo(2);
    assertThat(err.toString())
        .containsPattern(
            "\\[middle.onnx] gives [0-9]+ numbers for an image and \\[.*] 10; name the");
  }

  @Test
  void anUnknownLayerIsNamed() {
    String source = archive("scripted").toString();
    String out = "--out=" + folder.resolve("m.onnx");
    assertThat(run("onnx", source, "--output=features.99", out)).isEqualTo(2);
    assertThat(err.toString()).contains("no module is named 'features.99'");
    assertThat(run("onnx", source, "--output=features", "--labels=labels.txt", out)).isEqualTo(2);
    assertThat(err.toString()).contains("--labels names classes, and --output ends before them");
    assertThat(folder).isEmptyDirectory();
  }
}
