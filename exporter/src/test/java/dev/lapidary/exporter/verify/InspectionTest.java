package dev.lapidary.exporter.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.exporter.testing.GraphOf;
import dev.lapidary.torchscript.graph.SymInt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InspectionTest {
  private static final ModelCard CARD =
      new ModelCard(
          "shoes",
          "3",
          "resnet18",
          List.of("boot", "sandal\u001b[2J\u009b1m\u202e"),
          Activation.SOFTMAX,
          Scores.LOGITS,
          new ModelCard.Input("input", "NCHW", 3, 224, 224, "float32"),
          Optional.of(
              new Preprocessing(
                  Preprocessing.Resize.SHORTER_SIDE,
                  256,
                  Preprocessing.Interpolation.BILINEAR,
                  224,
                  224,
                  List.of(0.485f, 0.456f, 0.406f),
                  List.of(0.229f, 0.224f, 0.225f),
                  Preprocessing.Colour.RGB)),
          Optional.empty(),
          new TreeMap<>(Map.of("accuracy", 0.9375)),
          new ModelCard.Provenance("0123456789abcdef", "fedcba9876543210", "w.safetensors", "aa"),
          Optional.of(
              new ModelCard.Quantization(
                  "int8-static-qdq",
                  "mse",
                  500,
                  "00112233445566778899",
                  0.25,
                  List.of(new ModelCard.Fallback("Gemm", "too little work")),
                  ModelCard.Quantization.CPU)),
          Optional.of(
              new ModelCard.Parity(
                  "libtorch 2.7.1", "onnxruntime 1.29.0", "u(a, 2x3)", "bb", 2e-6, 8, 1e-4, 1)),
          List.of());

  @Test
  void tellsWhatIsInAFileInALineAFact() {
    assertThat(inspection(CardJson.write(CARD)).text())
        .isEqualToNormalizingNewlines(
            """
            shoes.onnx: 11.70 MB, opset 17
            model        shoes, version 3, resnet18
            labels       2: boot, sandal?[2J?1m?
            activation   softmax: one class an image
            scores       logits
            images       shorter side to 256 (bilinear), centre 224x224, RGB, mean 0.485 0.456 0.406, \
            deviation 0.229 0.224 0.225
            metric       accuracy 0.9375
            made from    run 0123456789ab, data fedcba987654, weights w.safetensors aa
            quantized    int8-static-qdq, ranges by mse on 500 images 001122334455, logits within \
            0.250 of float32's
              float      Gemm: too little work
            parity       onnxruntime 1.29.0 differs from libtorch 2.7.1 by 2.5e-07 of the greatest \
            logit (1e-04 passes), argmax 100.00 %, on u(a, 2x3)
            golden       0 images
            input        input FLOAT32[N, 3, 224, 224]
            output       logits FLOAT32[N, 2]
            parameters   11,689,512 (11.69 MB)
            work         1,814,073,344 multiply-adds for one image (3.63 GFLOPs)
            operators    21
                            20 Conv
                             1 Gemm""");
  }

  @Test
  void tellsWhatTransparentImagesArePutOn() {
    String white = CardJson.write(CARD).replace("\"RGB\"", "\"RGB\",\"alpha\":\"#ffffff\"");
    assertThat(inspection(white).text()).contains("0.225, transparent over #ffffff");
  }

  @Test
  void tellsWhereThereIsNoCard() {
    assertThat(inspection("").text()).contains("card         none").doesNotContain("labels");
  }

  /** Files of others: whatever they claim, the rest is told. */
  @Test
  void tellsWhatItCanWhereTheWorkIsNotKnown(@TempDir Path folder) {
    String unknown = "not known: ONNX Runtime cannot run it on one image of zeros";
    OnnxGraph product =
        new GraphOf(1 << 16, 1 << 16)
            .constant("w", 4, 4)
            .node("y", "MatMul", "x", "w")
            .output("y", 2);
    assertThat(written(product, folder).text()).contains(unknown).contains("1 MatMul");
    OnnxGraph huge =
        new GraphOf(1 << 16, 1 << 16, 3)
            .constant("w", 3, 4)
            .node("y", "MatMul", "x", "w")
            .output("y", 2);
    assertThat(written(huge, folder).multiplyAdds()).isEmpty();
    assertThat(written(huge, folder).json()).doesNotContain("multiplyAdds");
    OnnxGraph none = new GraphOf(3).constant("w", 200, 200).output("x", 2);
    assertThat(written(none, folder).multiplyAdds()).hasValue(0);
    OnnxGraph computed =
        new GraphOf(3)
            .constant("w", 3, 4)
            .node("v", "Relu", "w")
            .node("y", "MatMul", "x", "v")
            .output("y", 2);
    assertThat(written(computed, folder).multiplyAdds()).hasValue(3 * 4);
  }

  /** Whether the sequence or the last state is read: a step, two sequences, W x and R h. */
  @ParameterizedTest
  @ValueSource(strings = {"y,", ",y"})
  void countsTheWorkOfRecurrences(String outputs, @TempDir Path folder) {
    GraphOf sequences = new GraphOf(2, 4).constant("w", 1, 9, 4).constant("r", 1, 9, 3);
    OnnxGraph graph = sequences.output("y", outputs.startsWith("y") ? 4 : 3);
    graph.add(
        new OnnxNode(
            "gru",
            "GRU",
            List.of("x", "w", "r"),
            List.of(outputs.split(",", -1)),
            Map.of("hidden_size", Attribute.of(3))));
    assertThat(written(graph, folder).multiplyAdds()).hasValue(2 * 9 * (4 + 3));
  }

  private static Inspection written(OnnxGraph graph, Path folder) {
    Path file = folder.resolve("m.onnx");
    try {
      OnnxWriter.write(graph, file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Inspection.of(file);
  }

  @Test
  void saysWhatIsNoOnnxModel(@TempDir Path folder) throws IOException {
    Path archive = Golden.file("torchscript/mobilenet_v3_small-scripted.pt");
    assertThatThrownBy(() -> Inspection.of(archive))
        .hasMessage(
            "[mobilenet_v3_small-scripted.pt] is a TorchScript archive, not an ONNX model; make"
                + " one of it by 'exporter onnx'");
    Path text = Files.writeString(folder.resolve("text.onnx"), "no model at all");
    assertThatThrownBy(() -> Inspection.of(text))
        .hasMessage(
            "[text.onnx] is not an ONNX model, or it is damaged or cut off; export or fetch it"
                + " again");
  }

  private static Inspection inspection(String card) {
    return new Inspection(
        "shoes.onnx",
        11_700_000,
        List.of(),
        OptionalInt.of(17),
        List.of(
            ValueInfo.of(
                "input",
                DType.FLOAT32,
                List.of(SymInt.BATCH, SymInt.of(3), SymInt.of(224), SymInt.of(224)))),
        List.of(ValueInfo.of("logits", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(2)))),
        new TreeMap<>(Map.of("Conv", 20, "Gemm", 1)),
        11_689_512,
        11_689_512,
        OptionalLong.of(1_814_073_344),
        Ending.LOGITS,
        card);
  }
}
