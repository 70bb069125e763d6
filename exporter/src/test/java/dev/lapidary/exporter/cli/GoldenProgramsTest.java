package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.Golden;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.OrtRun;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs that torch.export itself wrote give PyTorch's recorded logits, in both runtimes. */
class GoldenProgramsTest {
  private static final JsonNode EXPECTED = Golden.json("pt2/expected.json");
  private static final int SAMPLE = 3 * 224 * 224;

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> bothRuntimesGivePyTorchsLogits() {
    return Golden.FAMILIES.stream()
        .filter(EXPECTED::has)
        .map(family -> DynamicTest.dynamicTest(family, () -> check(family)));
  }

  private void check(String family) {
    Optional<Path> file = Golden.exported(family);
    if (file.isEmpty()) {
      return;
    }
    TorchScriptArchive archive = NetworkFile.read(file.get());
    Graph traced = Tracer.trace(archive, TraceOptions.of(3, 224, 224));
    OnnxGraph graph = GraphLowering.lower(traced, 17);
    Passes.run(graph);
    Path printed = folder.resolve(family + ".pt");
    ArchiveWriter.write(archive, printed);
    Path inference = folder.resolve(family + "-inference.pt");
    ArchiveWriter.write(InferenceArchive.of(traced, archive), inference);
    try (LoadedModel libtorch =
            LoadedModel.open(ModelRuntime.LIBTORCH, printed, OutputChoice.FIRST);
        LoadedModel old = LoadedModel.open(ModelRuntime.LIBTORCH, inference, OutputChoice.FIRST)) {
      for (List<Integer> order : List.of(List.of(0, 1), List.of(1), List.of(1, 0, 0, 1, 0))) {
        float[] expected = expected(family, order);
        String what = family + ", batch " + order.size();
        assertClose(OrtRun.first(graph, batch(order)).toFloats(), expected, what);
        assertClose(libtorch.run(batch(order)).values(), expected, what + " in libtorch");
        assertClose(old.run(batch(order)).values(), expected, what + " for inference");
      }
    }
  }

  /** Written by the reference's own PyTorch 2.15, the second in train mode, its logits in eval. */
  @ParameterizedTest
  @CsvSource({
    "small, -0.44533381 0.03231487 0.48910972 -0.37449211 -0.08099496",
    "small-flat, -0.44533381 0.03231487 0.48910972 -0.37449211 -0.08099496",
    "small-pickled, -0.44533381 0.03231487 0.48910972 -0.37449211 -0.08099496",
    "small-train, 0.10430527 -0.35110572 -0.42222607 0.42559502 0.01573970",
    "small-decomposed, -0.12800613 -0.61487335 0.34172851 -0.06068018 0.18924651",
    "small-parts, 0.05920227 -0.36275220 -0.33759159 -0.44965068 0.08157200",
    "small-names, 0.06375877 0.32733712 -0.46926889 -0.38146132 -0.38369507"
  })
  void eachLayoutAndModeGivesPyTorchsLogits(String name, String logits) {
    TorchScriptArchive archive = NetworkFile.read(Golden.file("pt2/" + name + ".pt2"));
    Path printed = folder.resolve(name + ".pt");
    ArchiveWriter.write(archive, printed);
    float[] expected = new float[5];
    String[] numbers = logits.split(" ");
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Float.parseFloat(numbers[i]);
    }
    float[] two = Uniform.tensor("input", 2, 3, 8, 8).toFloats();
    Tensor second = Tensor.of(Arrays.copyOfRange(two, 192, 384), 1, 3, 8, 8);
    OnnxGraph graph = GraphLowering.lower(Tracer.trace(archive, TraceOptions.of(3, 8, 8)), 17);
    assertClose(OrtRun.first(graph, second).toFloats(), expected, name);
    try (LoadedModel libtorch =
        LoadedModel.open(ModelRuntime.LIBTORCH, printed, OutputChoice.FIRST)) {
      assertClose(libtorch.run(second).values(), expected, name + " in libtorch");
    }
  }

  private record Run(int status, String out, String err) {}

  private static Run run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] texts = Stream.of(arguments).map(String::valueOf).toArray(String[]::new);
    int status = ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), texts);
    return new Run(status, out.toString(), err.toString());
  }

  @Test
  void theCommandsTakeAProgramAsTheyTakeAnArchive() {
    Path source = Golden.exported("efficientnet").orElseThrow();
    Path onnx = folder.resolve("model.onnx");
    Run written = run("onnx", source, "--out=" + onnx);
    assertThat(written.status()).as(written.err()).isZero();
    assertThat(written.err()).contains("[efficientnet.pt2] printed from .pt2, as TorchScript");
    ModelCard card =
        CardJson.read(OnnxReader.read(onnx).metadata().get(ModelCard.METADATA_KEY), "model.onnx");
    assertThat(card.provenance().weightsSource()).isEqualTo("efficientnet.pt2, printed from .pt2");
    assertThat(card.provenance().weightsSha256()).hasSize(64);
    assertThat(card.architecture()).isEqualTo("EfficientNet");
    assertThat(run("verify", onnx, "--against=" + source).out()).contains("parity: ");
    assertThat(run("verify", source).out()).contains("efficientnet.pt2: loads");
    assertThat(run("inspect", source).out()).contains("efficientnet");

    Path out = folder.resolve("old.pt");
    assertThat(run("torchscript", source, "--out=" + out).status()).isZero();
    assertThat(ArchiveReader.read(out).extra()).containsKey(TorchScriptArchive.CARD);
    assertThat(run("verify", out, "--against=" + source).out()).contains("argmax 100.00 %");
  }

  /** Spaces, slashes, letters of any language, words of Python: tensors keep their names. */
  @Test
  void namesThatAreNoWordsOfTheTextStay() {
    Path source = Golden.file("pt2/small-names.pt2");
    Path out = folder.resolve("names.pt");
    Run written = run("torchscript", source, "--out=" + out);
    assertThat(written.status()).as(written.err()).isZero();
    assertThat(StateDict.of(ArchiveReader.read(out)).tensors().keySet())
        .contains("stem.conv 1.weight", "stem.a,b;c.weight", "stem.class.bias", "stem.it's.0.bias");
  }

  @Test
  void aQuantizedProgramGoesBothWays() {
    Path source = Golden.file("pt2/quantized-signed.pt2");
    Path onnx = folder.resolve("quantized.onnx");
    Run written = run("onnx", source, "--out=" + onnx);
    assertThat(written.status()).as(written.err()).isZero();
    ModelCard card =
        CardJson.read(OnnxReader.read(onnx).metadata().get(ModelCard.METADATA_KEY), "quantized");
    assertThat(card.quantization().orElseThrow().method())
        .isEqualTo(ModelCard.Quantization.BEFORE_EXPORT);
    Path archive = folder.resolve("quantized.pt");
    assertThat(run("torchscript", source, "--out=" + archive).status()).isZero();
    assertThat(run("verify", archive, "--against=" + source).status()).isZero();
    Run again = run("onnx", source, "--quantize=int8", "--out=" + folder.resolve("again.onnx"));
    assertThat(again.status()).isEqualTo(2);
  }

  @Test
  void aProgramIsOfTheSizeThatItWasExportedFor() {
    Path source = Golden.exported("vit").orElseThrow();
    Run refused =
        run("onnx", source, "--input=3x192x192", "--out=" + folder.resolve("refused.onnx"));
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.err())
        .contains("--input is 3x192x192, but the program was exported for [3, 224, 224]");
    assertThat(folder.resolve("refused.onnx")).doesNotExist();
  }

  @Test
  void layersOfAProgramCanBeCutOut() {
    Path source = Golden.exported("vit").orElseThrow();
    Path out = folder.resolve("layer.onnx");
    Run written =
        run(
            "onnx",
            source,
            "--output=encoder.layers.encoder_layer_0.self_attention",
            "--out=" + out);
    assertThat(written.status()).as(written.err()).isZero();
  }

  private static Tensor batch(List<Integer> order) {
    float[] samples = Uniform.tensor("input", 2, 3, 224, 224).toFloats();
    float[] values = new float[order.size() * SAMPLE];
    for (int i = 0; i < order.size(); i++) {
      System.arraycopy(samples, order.get(i) * SAMPLE, values, i * SAMPLE, SAMPLE);
    }
    return Tensor.of(values, order.size(), 3, 224, 224);
  }

  private static float[] expected(String family, List<Integer> order) {
    JsonNode rows = EXPECTED.get(family).get("output");
    int classes = rows.get(0).size();
    float[] values = new float[order.size() * classes];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) rows.get(order.get(i / classes)).get(i % classes).asDouble();
    }
    return values;
  }

  private static void assertClose(float[] found, float[] expected, String what) {
    assertThat(found).hasSameSizeAs(expected);
    double difference = 0;
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    assertThat(difference / largest).as(what).isLessThan(1e-4);
  }
}
