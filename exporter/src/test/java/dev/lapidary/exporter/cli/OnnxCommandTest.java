package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.Golden;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.runtime.Classifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands as a user types them, through libtorch and ONNX Runtime. */
class OnnxCommandTest {
  private static final String[] IMAGENET = {
    "--mean=0.485,0.456,0.406", "--std=0.229,0.224,0.225", "--resize=256", "--crop=224"
  };

  @TempDir Path folder;

  private record Run(int status, String out, String err) {}

  private static Run run(List<String> arguments, String... more) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new);
    int status = ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    return new Run(status, out.toString(), err.toString());
  }

  private static String archive() {
    return Golden.archive("mobilenet_v3_small", "scripted").orElseThrow().toString();
  }

  /** Two classes of photographs. */
  private Path images() throws IOException {
    String[][] files = {
      {"cls_0", "photo-420.jpg"},
      {"cls_0", "rgb.png"},
      {"cls_1", "portrait.jpg"},
      {"cls_1", "palette.png"}
    };
    Path images = folder.resolve("images");
    for (String[] file : files) {
      Path to = images.resolve(file[0]).resolve(file[1]);
      Files.createDirectories(to.getParent());
      Files.copy(Golden.file("images/" + file[1]), to);
    }
    return images;
  }

  @Test
  void exportsVerifiesAndInspects() throws Exception {
    Path out = folder.resolve("m.onnx");
    Path labels =
        Files.write(
            folder.resolve("labels"),
            Stream.iterate(0, i -> i + 1)
                .limit(10)
                .map(i -> (i == 0 ? "\ufeff" : "") + "cls_" + i)
                .toList());
    Path images = images();
    List<String> export =
        List.of("onnx", archive(), "--out=" + out, "--labels=" + labels, "--calibration=" + images);
    Run exported = run(export, IMAGENET);
    assertThat(exported.err()).isEmpty();
    assertThat(exported.status()).isZero();
    assertThat(exported.out())
        .contains("m.onnx: ")
        .contains("differs from libtorch 2.7.1 by ")
        .doesNotContain("export it with");

    OnnxGraph graph = OnnxReader.read(out);
    ModelCard card = CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY), "m.onnx");
    assertThat(card.labels()).hasSize(10).startsWith("cls_0");
    assertThat(card.preprocessing()).isPresent();
    ModelCard.Parity parity = card.parity().orElseThrow();
    assertThat(parity.maxAbsDifference()).isLessThanOrEqualTo(1e-4 * parity.maxAbsLogit());
    assertThat(parity.argmaxAgreement()).isEqualTo(1);
    assertThat(parity.runtime()).startsWith("onnxruntime 1.");
    assertThat(graph.nodes()).extracting(n -> n.op()).doesNotContain("BatchNormalization");
    assertThat(graph.inputs().toString()).isEqualTo("[input FLOAT32[N, 3, 224, 224]]");
    assertThat(graph.outputs().toString()).isEqualTo("[logits FLOAT32[N, 10]]");
    verifyAndInspect(out, images, card);
    refuses(export, out);
  }

  private void verifyAndInspect(Path out, Path images, ModelCard card) throws Exception {
    Path predictions = folder.resolve("p.jsonl");
    Run verified =
        run(
            List.of(
                "verify",
                out.toString(),
                "--against=" + archive(),
                "--data=" + images,
                "--predictions=" + predictions,
                "--json"));
    assertThat(verified.err()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(verified.out());
    assertThat(json.get("images").asInt()).isEqualTo(4);
    assertThat(json.get("golden").asInt()).isEqualTo(card.golden().size());
    assertThat(json.get("argmaxAgreement").asDouble()).isEqualTo(1);
    assertThat(json.get("maxAbsDifference").asDouble())
        .isLessThanOrEqualTo(json.get("bound").asDouble() * json.get("maxAbsLogit").asDouble());
    assertThat(Files.readAllLines(predictions))
        .hasSize(4)
        .first()
        .asString()
        .startsWith("{\"image\":\"cls_0/photo-420.jpg\",\"label\":\"cls_");

    Run inspected = run(List.of("inspect", out.toString(), "--json"));
    JsonNode inspection = new ObjectMapper().readTree(inspected.out());
    assertThat(inspection.get("opset").asInt()).isEqualTo(17);
    assertThat(inspection.get("operators").get("Conv").asInt()).isPositive();
    assertThat(inspection.get("multiplyAdds").asLong()).isPositive();
    assertThat(inspection.get("card").get("labels")).hasSize(10);
  }

  private void refuses(List<String> export, Path out) throws Exception {
    byte[] before = Files.readAllBytes(out);
    Run again = run(export, IMAGENET);
    assertThat(again.status()).isEqualTo(2);
    assertThat(again.err()).contains("exists; choose another --out or add --force");
    Run forced =
        run(
            export,
            Stream.concat(Stream.of(IMAGENET), Stream.of("--force")).toArray(String[]::new));
    assertThat(forced.status()).isZero();
    assertThat(Files.readAllBytes(out)).as("equal input, equal file").isEqualTo(before);
  }

  /** A network of two layers on 3x32x32, which leaves the border pixels to padding. */
  private String small() throws IOException {
    return Archives.of(
            folder,
            "  _0 = torch.relu(torch.conv2d(x, self.w, None, [2, 2], [1, 1], [1, 1], 1))\n"
                + "  return torch.linear(torch.mean(_0, [2, 3]), self.lin)\n",
            Map.of("w", Archives.weight("w", 8, 3, 3, 3), "lin", Archives.weight("lin", 4, 8)))
        .toString();
  }

  @Test
  void embeddedPreprocessingGivesTheSameBits() throws Exception {
    Path plain = folder.resolve("plain.onnx");
    Path embedded = folder.resolve("embedded.onnx");
    List<String> rule =
        List.of("--input=3x32x32", "--resize=40", "--mean=0.4,0.5,0.6", "--std=0.2,0.3,0.4");
    Path images = images();
    List<String> export = Stream.concat(Stream.of("onnx", small()), rule.stream()).toList();
    Run first = run(export, "--out=" + plain, "--calibration=" + images);
    assertThat(first.err()).isEmpty();
    assertThat(first.out())
        .endsWith(
            "[%s] its classes have no names, so answers will be numbers: export it with --labels FILE,"
                    .formatted(plain)
                + " or serve it with that\n");
    Run exported =
        run(export, "--out=" + embedded, "--calibration=" + images, "--embed-preprocessing");
    assertThat(exported.err()).isEmpty();
    assertThat(exported.out()).contains("differs from libtorch");

    assertThat(OnnxReader.read(embedded).inputs().toString())
        .isEqualTo("[input UINT8[N, 32, 32, 3]]");
    ModelCard card = card(embedded);
    assertThat(card.input()).isEqualTo(new ModelCard.Input("input", "NHWC", 3, 32, 32, "uint8"));
    assertThat(card.parity().orElseThrow().inputs())
        .isEqualTo("floor((u(parity/0, 2x32x32x3) + 1) * 128), as one batch and the first alone");
    assertThat(card.golden()).isNotEmpty();
    assertThat(logits(card)).isEqualTo(logits(card(plain)));
    Run verified = run(List.of("verify", embedded.toString(), "--against=" + small(), "--json"));
    assertThat(verified.err()).isEmpty();
    assertThat(new ObjectMapper().readTree(verified.out()).get("argmaxAgreement").asDouble())
        .isEqualTo(1);
  }

  /**
   * Ours resize before, exactly, so that the answers are the same bits; clients feed whole images.
   */
  @Test
  void anEmbeddedResizeGivesTheSameAnswers() throws Exception {
    Path plain = folder.resolve("plain.onnx");
    Path resizes = folder.resolve("resizes.onnx");
    Path images = images();
    List<String> export =
        List.of(
            "onnx",
            small(),
            "--input=3x32x32",
            "--resize=41",
            "--interpolation=bicubic",
            "--mean=0.4,0.5,0.6",
            "--std=0.2,0.3,0.4",
            "--calibration=" + images);
    assertThat(run(export, "--out=" + plain, "--embed-preprocessing").status()).isZero();
    Run exported = run(export, "--out=" + resizes, "--embed-resize");
    assertThat(exported.status()).isZero();
    assertThat(exported.err())
        .matches(
            "resize in the graph: 0\\.\\d{3} % of the pixels differ from Pillow's, by 1 level at most\n");
    OnnxGraph graph = OnnxReader.read(resizes);
    assertThat(graph.inputs()).hasToString("[input UINT8[N, H, W, 3]]");
    assertThat(graph.opset()).isEqualTo(18);
    ModelCard card = card(resizes);
    assertThat(card.input())
        .isEqualTo(new ModelCard.Input("input", "NHWC", 3, 32, 32, "uint8", true));
    assertThat(card.parity().orElseThrow().inputs())
        .isEqualTo("floor((u(parity/0, 2x41x41x3) + 1) * 128), as one batch and the first alone");
    assertThat(card.golden()).isNotEmpty();
    Run verified =
        run(
            List.of("verify", resizes.toString()),
            "--against=" + small(),
            "--data=" + images,
            "--json");
    assertThat(verified.err()).isEmpty();
    assertThat(new ObjectMapper().readTree(verified.out()).get("argmaxAgreement").asDouble())
        .isEqualTo(1);
    byte[] photo = Files.readAllBytes(images.resolve("cls_1/portrait.jpg"));
    try (Classifier before = Classifier.open(plain);
        Classifier after = Classifier.open(resizes)) {
      assertThat(after.classify(photo).outputs()).isEqualTo(before.classify(photo).outputs());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--resize=40 --opset=17 | 2 | --embed-resize needs --opset 18 or newer, whose Resize is"
            + " antialiased, but found 17",
        "--resize=40 --interpolation=lanczos | 4 | --embed-resize: ONNX's Resize has no antialiased"
            + " lanczos, expected bilinear or bicubic; use --embed-preprocessing, and resize outside",
        "--resize=40 --interpolation=nearest | 4 | --embed-resize: ONNX's Resize has no antialiased"
            + " nearest, expected bilinear or bicubic; use --embed-preprocessing, and resize outside",
        "--resize=31 | 4 | --embed-resize: the shorter side becomes 31, expected at least the crop of"
            + " 32x32; use --embed-preprocessing, and resize outside",
      })
  void aResizeThatNoGraphCanDoIsRefused(String options, int status, String message)
      throws IOException {
    Path out = folder.resolve("m.onnx");
    List<String> export =
        List.of(
            "onnx", small(), "--input=3x32x32", "--mean=0,0,0", "--std=1,1,1", "--embed-resize");
    Run refused =
        run(
            export,
            Stream.concat(Stream.of(options.split(" ")), Stream.of("--out=" + out))
                .toArray(String[]::new));
    assertThat(refused.status()).isEqualTo(status);
    assertThat(refused.err()).isEqualTo("error: " + message + "\n");
    assertThat(out).doesNotExist();
    Run unknown =
        run(List.of("onnx", small(), "--input=3x32x32", "--embed-resize", "--out=" + out));
    assertThat(unknown.err())
        .isEqualTo(
            "error: --embed-resize needs to know mean and deviation, and the model's card does not say"
                + " them: add --mean and --std\n");
  }

  @Test
  void aChangedCertificateIsRefused() throws IOException {
    Path out = folder.resolve("m.onnx");
    assertThat(run(List.of("onnx", small(), "--input=3x32x32", "--out=" + out)).status()).isZero();
    String bytes = Files.readString(out, StandardCharsets.ISO_8859_1);
    String sha256 = card(out).parity().orElseThrow().inputsSha256();
    String other = (sha256.startsWith("0") ? "1" : "0") + sha256.substring(1);
    Files.writeString(out, bytes.replace(sha256, other), StandardCharsets.ISO_8859_1);
    Run verified = run(List.of("verify", out.toString(), "--against=" + small()));
    assertThat(verified.status()).isEqualTo(3);
    assertThat(verified.err())
        .contains(
            "its certificate names the inputs u(parity/0, 2x3x32x32), as one batch and the first")
        .contains(" alone with the checksum")
        .contains("the certificate was changed, export the model again");
  }

  private static ModelCard card(Path file) {
    return CardJson.read(
        String.valueOf(OnnxReader.read(file).metadata().get(ModelCard.METADATA_KEY)), "file");
  }

  private static List<List<Float>> logits(ModelCard card) {
    return card.golden().stream().map(ModelCard.GoldenImage::logits).toList();
  }

  @Test
  void embeddedPreprocessingIsQuantizedTooAndItsImagesAreCompared() throws Exception {
    Path out = folder.resolve("int8.onnx");
    Path images = images();
    List<String> export =
        List.of(
            "onnx",
            small(),
            "--input=3x32x32",
            "--mean=0.4,0.5,0.6",
            "--std=0.2,0.3,0.4",
            "--quantize=int8",
            "--calibration=" + images,
            "--embed-preprocessing",
            "--out=" + out);
    System.setProperty("lapidary.terminal", "true");
    Run exported = run(export, "--json");
    System.clearProperty("lapidary.terminal");
    assertThat(exported.err()).contains("reading images ··");
    JsonNode written = new ObjectMapper().readTree(exported.out());
    assertThat(written.get("layersWithWeights")).hasToString("{\"all\":2,\"onIntegers\":1}");
    assertThat(written.get("fallbacks").toString())
        .contains("{\"layer\":\"Conv\",\"reason\":\"too little work for each output");
    assertThat(exported.err())
        .contains("int8: 1 of 2 layers with weights on integers, ranges by ")
        .contains("int8: float: Conv: too little work for each output");
    assertThat(OnnxReader.read(out).nodes())
        .extracting(n -> n.op())
        .startsWith("Transpose", "Cast", "Div", "Sub", "Div")
        .contains("QuantizeLinear");
    assertThat(inspection(out).get("multiplyAdds").asLong()).isEqualTo(16 * 16 * 27 * 8 + 8 * 4);
    Run verified =
        run(
            List.of(
                "verify", out.toString(), "--against=" + small(), "--data=" + images, "--json"));
    assertThat(verified.err()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(verified.out());
    // Eight bits through two layers: some hundredths; another input layout would be off by far.
    assertThat(json.get("maxAbsDifference").asDouble())
        .isLessThan(0.1 * json.get("maxAbsLogit").asDouble());
  }

  @Test
  void weightsBesideTheModelAreExportedVerifiedAndInspected() throws Exception {
    Path archive =
        Archives.of(
            folder,
            "  _0 = torch.relu(torch.conv2d(x, self.w, None, [2, 2], [1, 1], [1, 1], 1))\n"
                + "  return torch.linear(torch.mean(_0, [2, 3]), self.lin)\n",
            Map.of(
                "w", Archives.weight("w", 128, 3, 3, 3), "lin", Archives.weight("lin", 256, 128)));
    Path inline = folder.resolve("inline.onnx");
    Path split = folder.resolve("split.onnx");
    List<String> export = List.of("onnx", archive.toString(), "--input=3x32x32");
    assertThat(run(export, "--out=" + inline, "--timings").err())
        .containsPattern("read +[0-9]+ ms +[0-9]+ ms of processors")
        .containsPattern("move +[0-9]+ ms")
        .containsPattern("since main +[0-9]+ ms");
    Run written = run(export, "--out=" + split, "--external-data-over=50000");
    assertThat(written.err()).isEmpty();
    assertThat(written.out())
        .endsWith(
            "[%s] it does not say how an image becomes its input: export it with --labels, --resize,"
                    .formatted(split)
                + " --mean and --std, or serve run will ask for them\n");
    assertThat(Files.size(split)).isLessThan(Files.size(inline) - 4 * 256 * 128 + 1000);
    assertThat(run(List.of("verify", split.toString(), "--against=" + archive)).out())
        .contains("parity: ")
        .contains("argmax 100.00 %");
    JsonNode whole = inspection(inline);
    JsonNode parts = inspection(split);
    assertThat(parts.get("dataFiles").get(0).asText()).matches("split-[0-9a-f]{8}\\.onnx\\.data");
    assertThat(parts.get("parameters")).isEqualTo(whole.get("parameters"));
    // 16x16 places of 3x3x3 for each of 128 channels, and the head.
    assertThat(parts.get("multiplyAdds").asLong()).isEqualTo(16 * 16 * 27 * 128 + 128 * 256);
    assertThat(whole.get("multiplyAdds")).isEqualTo(parts.get("multiplyAdds"));
    assertThat(whole.get("dataFiles")).isEmpty();
    Run refused = run(export, "--out=" + folder + "/n.onnx", "--external-data-over=3000000000");
    assertThat(refused.err())
        .contains("--external-data-over is 3000000000; expected 0 to 2000000000");
  }

  /** As a model of over 2 GB is written, by each method; the same one in one file answers alike. */
  @ParameterizedTest
  @ValueSource(strings = {"int8", "int8-dynamic", "fp16"})
  void quantizedWeightsBesideTheModel(String method) throws Exception {
    Path archive =
        Archives.of(
            folder,
            "  _0 = torch.relu(torch.conv2d(x, self.w, None, [8, 8], [1, 1], [1, 1], 1))\n"
                + "  return torch.linear(torch.flatten(_0, 1), self.lin)\n",
            Map.of("w", Archives.weight("w", 32, 3, 3, 3), "lin", Archives.weight("l", 256, 512)));
    List<String> export =
        List.of(
            "onnx",
            archive.toString(),
            "--input=3x32x32",
            "--mean=0.4,0.5,0.6",
            "--std=0.2,0.3,0.4",
            "--calibration=" + images(),
            "--quantize=" + method);
    Path inline = folder.resolve("inline.onnx");
    Path split = folder.resolve("split.onnx");
    assertThat(run(export, "--out=" + inline).status()).isZero();
    assertThat(run(export, "--out=" + split, "--external-data-over=0").status()).isZero();
    JsonNode parts = inspection(split);
    assertThat(parts.get("dataFiles")).hasSize(1);
    assertThat(parts.get("parameterBytes")).isEqualTo(inspection(inline).get("parameterBytes"));
    assertThat(logits(card(split))).isNotEmpty().isEqualTo(logits(card(inline)));
    assertThat(run(List.of("verify", split.toString())).out())
        .containsPattern("[1-4] golden images give their logits");
  }

  private JsonNode inspection(Path file) throws IOException {
    return new ObjectMapper().readTree(run(List.of("inspect", file.toString(), "--json")).out());
  }

  @Test
  void otherNumberTypesAreInspectedAndCountTheSameWork() throws Exception {
    Path images = images();
    for (String method : List.of("fp16", "int8-dynamic")) {
      Path out = folder.resolve(method + ".onnx");
      Run exported =
          run(
              List.of(
                  "onnx", small(), "--input=3x32x32", "--mean=0.4,0.5,0.6", "--std=0.2,0.3,0.4"),
              "--quantize=" + method,
              "--calibration=" + images,
              "--out=" + out);
      assertThat(exported.status()).as("%s: %s", method, exported.err()).isZero();
      assertThat(inspection(out).get("multiplyAdds").asLong())
          .as(method)
          .isEqualTo(16 * 16 * 27 * 8 + 8 * 4);
      String text = run(List.of("inspect", out.toString())).out();
      assertThat(text)
          .contains("input        input FLOAT32[N, 3, 32, 32]")
          .contains("model        m, version 1, M")
          .containsPattern("parity       onnxruntime .* differs from libtorch ")
          .containsPattern("golden       [1-4] images")
          .doesNotContain("pngBase64");
      assertThat(run(List.of("verify", out.toString(), "--against=" + small())).out())
          .containsPattern(
              "not compared: a file of " + method + "\\S* differs from its source by design");
    }
  }

  @Test
  void embeddedPreprocessingNeedsAMean() throws Exception {
    Run run =
        run(
            List.of("onnx", small(), "--input=3x32x32", "--embed-preprocessing"),
            "--out=" + folder.resolve("m.onnx"));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .contains("--embed-preprocessing needs to know mean and deviation")
        .contains("add --mean and --std");
    assertThat(folder.resolve("m.onnx")).doesNotExist();
  }

  @Test
  void anUnknownOperatorIsExitFourAndWritesNothing() throws Exception {
    Path out = folder.resolve("m.onnx");
    Run run =
        run(List.of("onnx", Archives.of(folder, "torch.lgamma(x)").toString(), "--out=" + out));
    assertThat(run.status()).isEqualTo(4);
    assertThat(run.err())
        .containsPattern(
            "code/__torch__\\.py:7:\\d+: operator aten::lgamma is not supported.*; \\d+ are:"
                + " 'exporter ops' lists them");
    assertThat(folder).isDirectoryNotContaining("glob:**.onnx*");
  }

  @Test
  void wrongUsageIsExitTwo() {
    assertThat(run(List.of("onnx", folder + "/no.pt", "--out=" + folder + "/m.onnx")).err())
        .contains("no.pt does not exist; give a run directory with a model.pt");
    assertThat(run(List.of("onnx", archive(), "--out=" + folder + "/m.pt")).err())
        .contains("m.pt: choose a name that ends in .onnx");
    assertThat(run(List.of("onnx", archive(), "--out=" + folder + "/m.onnx", "--opset=99")).err())
        .contains("opset 99 is not in 13 to 20");
    assertThat(
            run(List.of("onnx", archive(), "--out=" + folder + "/m.onnx", "--input=3x224")).err())
        .contains("--input is 3x224; expected channels, height, width as 3x224x224");
    assertThat(run(List.of("onnx", archive(), "--out=" + folder + "/m.onnx", "--mean=1,2")).err())
        .contains("--mean has 2 and --std 0 numbers; expected 3 of each");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--input=3x99999x99999 | --input is 3x99999x99999; at most 65536 a side",
        "--input=1x99999x1 | --input is 1x99999x1; at most 65536 a side",
        "--input=99999x99999x99999x99999 | at most 65536 a side and 268435456 numbers in all",
        "--input=50000x3x224x224 | at most 65536 a side and 268435456 numbers in all",
        "--mean=0,0,0 --std=1,0,1 | --resize, --mean, --std: preprocessing std must be positive",
        "--mean=0,NaN,0 --std=1,1,1 | preprocessing mean must be numbers",
        "--mean=0,0,0 --std=1,1,Infinity | preprocessing std must be positive",
        "--mean=0,0,0 --std=1,1,1 --resize=-5 | preprocessing sizes must be positive",
        "--output-key=a --output-index=1 | give the one or the other",
        "--labels=no/such/file | --labels no/such/file: there is no such file; expected a text file",
        "--output=. | no module is named '.'",
      })
  void wrongValuesAreExitTwo(String options, String message) {
    List<String> export = List.of("onnx", archive(), "--out=" + folder + "/m.onnx");
    Run run = run(export, options.split(" "));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  @Test
  void labelsAreText() throws IOException {
    Path bytes = Files.write(folder.resolve("names"), new byte[] {'a', (byte) 0xff});
    assertThat(
            run(List.of("onnx", archive(), "--out=" + folder + "/m.onnx", "--labels=" + bytes))
                .err())
        .contains("[" + bytes + "] is not UTF-8 text: byte ff in line 1; save it as UTF-8");
  }

  @Test
  void predictionsNeedImages() throws IOException {
    Path predictions = folder.resolve("p.jsonl");
    Run run = run(List.of("verify", archive(), "--predictions=" + predictions));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--predictions are of images; add --data DIR");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"pngBase64\":\"iVBO | \"pngBase64\":\"!VBO | golden image 0 is no image: Illegal base64",
        "\"pngBase64\":\"iVBO | \"pngBase64\":\"iVBA | golden image 0 is no image: expected JPEG",
        "\"logits\":[ | \"logits\":[1, | golden image 0 has 5 logits and the file gives 4",
      })
  void aDamagedGoldenImageIsAnswered(String sound, String damaged, String message)
      throws IOException {
    Path out = folder.resolve("m.onnx");
    List<String> export =
        List.of("onnx", small(), "--input=3x32x32", "--mean=0,0,0", "--std=1,1,1");
    assertThat(run(export, "--calibration=" + images(), "--out=" + out).status()).isZero();
    OnnxGraph graph = OnnxReader.read(out);
    String card = String.valueOf(graph.metadata().get(ModelCard.METADATA_KEY));
    assertThat(card).contains(sound);
    graph.metadata().put(ModelCard.METADATA_KEY, card.replace(sound, damaged));
    Path changed = folder.resolve("changed.onnx");
    OnnxWriter.write(graph, changed);
    Run verified = run(List.of("verify", changed.toString()));
    assertThat(verified.status()).isEqualTo(2);
    assertThat(verified.err()).contains(message).hasLineCount(1);
  }

  @Test
  void eachClassNeedsAName() throws IOException {
    Path names = Files.writeString(folder.resolve("names"), "boot\nsandal\n");
    for (String out : List.of("onnx", "torchscript")) {
      Path file = folder.resolve(out.equals("onnx") ? "m.onnx" : "m.pt");
      Run run = run(List.of(out, small(), "--input=3x32x32", "--labels=" + names, "--out=" + file));
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err())
          .contains("--labels has 2 names, the network gives 4 numbers for an image");
      assertThat(file).doesNotExist();
    }
  }

  /** What libtorch's traceback ends with, not what it begins with. */
  @Test
  void anotherModelsInputIsRefusedWithLibtorchsReason() throws IOException {
    Path out = folder.resolve("m.onnx");
    assertThat(run(List.of("onnx", small(), "--input=3x32x32", "--out=" + out)).status()).isZero();
    Path other = Archives.of(folder, "torch.linear(torch.flatten(x, 1), torch.ones([4, 5]))");
    assertThat(run(List.of("verify", out.toString(), "--against=" + other)).err())
        .contains("libtorch cannot run it: RuntimeError: ")
        .contains("cannot be multiplied");
  }

  @Test
  void opsListsOperators() {
    assertThat(run(List.of("ops")).out()).contains("aten::conv2d", "aten::roll");
  }
}
