package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code exporter torchscript --quantize int8} as a user types it. */
class QuantizedTorchScriptTest {
  @TempDir private Path folder;

  private Path images;
  private Path out;

  private record Run(int status, String out, String err) {}

  /** Images of four colours, each with noise. */
  @BeforeEach
  void images() throws IOException {
    images = Files.createDirectories(folder.resolve("images"));
    out = folder.resolve("int8.pt");
    for (int i = 0; i < 24; i++) {
      Random random = new Random(i);
      BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
      int colour = i % 4 == 3 ? 0 : 0xff << 8 * (2 - i % 4);
      for (int k = 0; k < 256; k++) {
        image.setRGB(k % 16, k / 16, colour | random.nextInt(0x1000000) & 0x1f1f1f);
      }
      ImageIO.write(image, "png", images.resolve("%02d.png".formatted(i)).toFile());
    }
  }

  /**
   * Three convolutions and two residuals, and which of four colours an image has. The one that
   * breaks adds thousands before its layer and takes them away behind it: what is decided is lost
   * among what integers have to hold.
   */
  private String network(boolean breaks) throws IOException {
    float[] colours = {3, -1, -1, -1, 3, -1, -1, -1, 3, -1, -1, -1};
    float[] answer = new float[4 * 3 * 7 * 7];
    for (int i = 0; i < colours.length; i++) {
      answer[i * 49 + 24] = colours[i];
    }
    float[] block = Uniform.tensor("block", 4, 4, 3, 3).toFloats();
    for (int i = 0; i < block.length; i++) {
      block[i] *= 0.1f;
    }
    String mean = "torch.mul(torch.mean(x, [1, 2, 3], True), 1000.)";
    String text =
        breaks
            ? """
              y = torch.conv2d(torch.add(x, %s), self.w)
              return torch.mean(torch.sub(y, torch.mul(%s, self.sums)), [2, 3])
            """
                .formatted(mean, mean)
            : """
              y = torch.conv2d(x, self.w, None, [1, 1], [3, 3])
              z = torch.relu(torch.conv2d(y, self.block, None, [1, 1], [1, 1]))
              w = torch.conv2d(torch.add(z, y), self.block, None, [1, 1], [1, 1])
              return torch.mean(torch.add(w, y), [2, 3])
            """;
    return Archives.of(
            folder,
            text,
            Map.of(
                "w",
                Tensor.of(answer, 4, 3, 7, 7),
                "block",
                Tensor.of(block, 4, 4, 3, 3),
                "sums",
                Tensor.of(new float[] {1, 1, 1, -3}, 1, 4, 1, 1)))
        .toString();
  }

  private Run export(String archive, String... more) throws IOException {
    Path labels = Files.writeString(folder.resolve("labels"), "red\ngreen\nblue\ngrey\n");
    return run(
        Stream.concat(
                Stream.of(
                    "torchscript",
                    archive,
                    "--input=3x16x16",
                    "--resize=16",
                    "--mean=0.2,0.2,0.2",
                    "--std=0.3,0.3,0.3",
                    "--labels=" + labels,
                    "--out=" + out),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static Run run(String... arguments) {
    StringWriter printed = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(new PrintWriter(printed, true), new PrintWriter(err, true), arguments);
    return new Run(status, printed.toString(), err.toString());
  }

  private Run int8(String archive, String... more) throws IOException {
    return export(
        archive,
        Stream.concat(Stream.of("--quantize=int8", "--calibration=" + images), Stream.of(more))
            .toArray(String[]::new));
  }

  @Test
  void writesWhatLibtorchRunsOnIntegersAndTheExporterReadsBack() throws IOException {
    Run written = int8(network(false), "--json");
    assertThat(written.status()).as(written.err()).isZero();
    assertThat(written.err())
        .contains("int8: integers are chosen as for an ONNX file, by what ONNX Runtime makes of")
        .containsPattern("int8: each of [0-9]+ layers alone gives libtorch's integers, 0\\.")
        .containsPattern("int8 in libtorch [0-9.]+: answers as float32's on 100.00 % of 6 held-out")
        .containsPattern("int8.* in libtorch [0-9.]+.*: [0-9.]+ times the speed of float32|not");
    JsonNode json = new ObjectMapper().readTree(written.out());
    assertThat(json.get("quantization").asText()).isEqualTo("int8-static-libtorch");
    assertThat(json.at("/layersWithWeights/all").asInt()).isEqualTo(3);
    assertThat(json.at("/layersWithWeights/onIntegers").asInt()).isEqualTo(3);
    assertThat(json.at("/guard/passes").asBoolean()).isTrue();
    assertThat(json.at("/layerParity/overflown").asInt()).isZero();
    assertThat(json.at("/layerParity/layers").asInt()).isGreaterThanOrEqualTo(4);
    assertThat(json.get("goldenImages").asInt()).isPositive();
    assertThat(json.get("bytes").asLong()).isEqualTo(Files.size(out));

    TorchScriptArchive archive = ArchiveReader.read(out);
    assertThat(archive.code().toString())
        .contains("ops.quantized.conv2d(", "ops.quantized.conv2d_relu(", "ops.quantized.add(")
        .doesNotContain("prepack", "batch_norm");
    ModelCard card = CardJson.read(archive.extra().get(TorchScriptArchive.CARD), "int8.pt");
    assertThat(card.quantization().orElseThrow().method()).isEqualTo("int8-static-libtorch");
    assertThat(card.golden()).hasSize(json.get("goldenImages").asInt());

    Path onnx = folder.resolve("back.onnx");
    Run back = run("onnx", out.toString(), "--out=" + onnx);
    assertThat(back.status()).as(back.err()).isZero();
    assertThat(back.err()).contains("torch.ao.quantization: each of ");
    assertThat(run("inspect", onnx.toString()).out()).contains("QuantizeLinear", "3 Conv");
    Run verified = run("verify", onnx.toString(), "--against=" + out);
    assertThat(verified.status()).as(verified.err()).isZero();
    assertThat(verified.out()).contains("golden images give their logits");

    byte[] bytes = Files.readAllBytes(out);
    assertThat(int8(network(false), "--force").status()).isZero();
    assertThat(Files.readAllBytes(out)).isEqualTo(bytes);
  }

  @Test
  void answersThatAreLostAreRefusedUnlessForced() throws IOException {
    Run refused = int8(network(true));
    assertThat(refused.status()).isEqualTo(3);
    assertThat(refused.err()).contains("error: int8 does not hold what it promises: ");
    assertThat(out).doesNotExist();
    Run forced = int8(network(true), "--force", "--json");
    assertThat(forced.status()).as(forced.err()).isZero();
    assertThat(forced.err())
        .containsPattern(
            "warning: written by --force: int8 in libtorch [0-9.]+ does not hold what it does in");
    assertThat(new ObjectMapper().readTree(forced.out()).at("/guard/passes").asBoolean()).isFalse();
  }

  @Test
  void speedIsLibtorchsOwn() throws IOException {
    Run refused = int8(network(false), "--min-speedup=900");
    assertThat(refused.status()).isEqualTo(3);
    assertThat(refused.err())
        .containsPattern(
            "error: int8 in libtorch [0-9.]+ is [0-9.]+ times as fast as float32 here \\([0-9.]+ ms"
                + " to [0-9.]+ ms an image, one thread\\), and --min-speedup is 900.0; nothing is"
                + " written: write it all the same with --force");
    assertThat(out).doesNotExist();
  }

  @Test
  void theCardSaysWhatItsIntegersAreFor() throws IOException {
    Run made = int8(network(false), "--target=portable");
    assertThat(made.status()).as(made.err()).isZero();
    assertThat(run("inspect", out.toString(), "--json").out())
        .containsPattern("\"target\" ?: ?\"portable\"");
  }

  @Test
  void otherMethodsAreForOnnx() throws IOException {
    Run dynamic = export(network(false), "--quantize=int8-dynamic");
    assertThat(dynamic.status()).isEqualTo(2);
    assertThat(dynamic.err())
        .contains("--quantize int8-dynamic is for ONNX files: libtorch's linear_dynamic takes one")
        .contains("take 'exporter onnx', or --quantize int8 with --calibration DIR");
    Run half = export(network(false), "--quantize=fp16");
    assertThat(half.status()).isEqualTo(2);
    assertThat(half.err())
        .contains("--quantize fp16 is for ONNX files: libtorch computes float16 on a CPU slower");
    Run web = int8(network(false), "--target=web");
    assertThat(web.status()).isEqualTo(2);
    assertThat(web.err()).contains("--target web runs ONNX files: take 'exporter onnx', or");
    Run page = int8(network(false), "--report=" + folder.resolve("int8.html"));
    assertThat(page.status()).isEqualTo(2);
    assertThat(page.err()).contains("--report compares forms of an ONNX file: take 'exporter onnx");
    Run without = export(network(false), "--quantize=int8");
    assertThat(without.status()).isEqualTo(2);
    assertThat(without.err()).contains("--quantize int8 measures ranges on images: add --calibrat");
    assertThat(out).doesNotExist();
  }

  @Test
  void whatIsOnIntegersIsNotQuantizedAgain() throws IOException {
    assertThat(int8(network(false)).status()).isZero();
    Path again = folder.resolve("again.pt");
    Run twice =
        run(
            "torchscript",
            out.toString(),
            "--quantize=int8",
            "--calibration=" + images,
            "--out=" + again);
    assertThat(twice.status()).isEqualTo(2);
    assertThat(twice.err()).contains("is quantized already");
    assertThat(run("torchscript", out.toString(), "--out=" + again).status()).isEqualTo(4);
    assertThat(again).doesNotExist();
  }

  /** Beside float32, as in ONNX: golden images come from the folder. */
  @Test
  void floatArchivesGetGoldenImagesToo() throws IOException {
    Run written = export(network(false), "--calibration=" + images);
    assertThat(written.status()).as(written.err()).isZero();
    byte[] card = ArchiveReader.read(out).extra().get(TorchScriptArchive.CARD);
    assertThat(CardJson.read(card, "int8.pt").golden()).isNotEmpty();
  }

  /** The file in PyTorch itself: named by LAPIDARY_PYTHON, as for PySpark. */
  @Test
  void plainTorchRunsItOnEachOfItsEngines() throws Exception {
    String python = System.getenv("LAPIDARY_PYTHON");
    if (python == null || !hasTorch(python)) {
      System.err.println("SKIPPED: plain torch (give a Python that has it by LAPIDARY_PYTHON)");
      return;
    }
    assertThat(int8(network(false)).status()).isZero();
    String program =
        """
        import sys, torch
        torch.manual_seed(0)
        x = torch.rand(2, 3, 16, 16) * 6 - 1
        answers = []
        for engine in torch.backends.quantized.supported_engines:
            if engine == 'none':
                continue
            torch.backends.quantized.engine = engine
            answers.append(torch.jit.load(sys.argv[1])(x))
        far = max((a - answers[0]).abs().max().item() for a in answers)
        print(len(answers), far / answers[0].abs().max().item())
        """;
    Process process = new ProcessBuilder(python, "-c", program, out.toString()).start();
    String said = new String(process.getInputStream().readAllBytes()).strip();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    List<String> words = List.of(said.split(" "));
    assertThat(Integer.parseInt(words.get(0))).isPositive();
    // A step of a few of its layers; each engine rounds what lies between two integers as it likes.
    assertThat(Double.parseDouble(words.get(1))).isLessThan(0.03);
  }

  private static boolean hasTorch(String python) throws Exception {
    Process process = new ProcessBuilder(python, "-c", "import torch").start();
    return process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0;
  }
}
