package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.testing.Archives;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code exporter onnx --quantize int8} promises: the same bytes, the answers, the speed. */
class Int8PromisesTest {
  @TempDir private Path folder;

  private Path flat;
  private Path out;

  private record Run(int status, String out, String err) {}

  /** Images of four colours, each with noise. */
  @BeforeEach
  void images() throws IOException {
    flat = folder.resolve("flat");
    out = folder.resolve("int8.onnx");
    for (int i = 0; i < 24; i++) {
      image(flat.resolve("%02d.png".formatted(i)), i);
    }
  }

  /**
   * Asks which of four colours an image has. The one that breaks adds thousands before its only
   * layer and takes them away behind it: what is decided is lost among what integers have to hold.
   */
  private String network(boolean breaks) throws IOException {
    float[] colours = {3, -1, -1, -1, 3, -1, -1, -1, 3, -1, -1, -1};
    float[] weight = new float[4 * 3 * 7 * 7];
    for (int i = 0; i < colours.length; i++) {
      weight[i * 49 + 24] = colours[i];
    }
    Tensor sums = Tensor.of(new float[] {1, 1, 1, -3}, 1, 4, 1, 1);
    String mean = "torch.mul(torch.mean(x, [1, 2, 3], True), 1000.)";
    String answer =
        breaks
            ? "torch.sub(torch.conv2d(torch.add(x, %s), self.w), torch.mul(%s, self.sums))"
                .formatted(mean, mean)
            : "torch.conv2d(x, self.w)";
    return Archives.of(
            folder,
            "  return torch.mean(" + answer + ", [2, 3])\n",
            Map.of("w", Tensor.of(weight, 4, 3, 7, 7), "sums", sums))
        .toString();
  }

  @Test
  void namesFoldersAndOrderChangeNoByte() throws IOException {
    String archive = network(false);
    Run first = export(archive, flat);
    assertThat(first.status()).as(first.err()).isZero();
    byte[] expected = Files.readAllBytes(out);
    Path deep = folder.resolve("deep");
    for (int i = 0; i < 24; i++) {
      Path to =
          deep.resolve(
              "%s/%d.png".formatted(List.of("red", "green", "blue", "grey").get(i % 4), 99 - i));
      Files.createDirectories(to.getParent());
      Files.copy(flat.resolve("%02d.png".formatted(i)), to);
    }
    Run second = export(archive, deep, "--force");
    assertThat(second.status()).as(second.err()).isZero();
    assertThat(second.err()).contains("accuracy 100.00 to 100.00 % (+0.00 points, ");
    assertThat(Files.readAllBytes(out)).isEqualTo(expected);
  }

  /** A machine of one processor and one of two or more write the same file. */
  @Test
  void theNumberOfThreadsChangesNoByte() throws IOException, InterruptedException {
    String archive = network(false);
    assertThat(export(archive, flat).status()).isZero();
    byte[] expected = Files.readAllBytes(out);
    for (int processors : new int[] {1, 2}) {
      Files.delete(out);
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-XX:ActiveProcessorCount=" + processors);
      command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
      command.add(System.getProperty("java.class.path"));
      command.add(ExporterMain.class.getName());
      command.addAll(List.of(arguments(archive, flat)));
      Path log = folder.resolve("log");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      assertThat(process.waitFor()).as(Files.readString(log)).isZero();
      assertThat(Files.readAllBytes(out)).as(processors + " processors").isEqualTo(expected);
    }
  }

  @Test
  void aPageTellsWhatInt8Does() throws IOException {
    String archive = network(false);
    assertThat(export(archive, flat).status()).isZero();
    byte[] expected = Files.readAllBytes(out);
    Path page = folder.resolve("int8.html");
    Run run = export(archive, flat, "--force", "--report=" + page);
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(Files.readAllBytes(out)).as("the model is the same").isEqualTo(expected);
    assertThat(Files.readString(page))
        .contains("<title>int8.onnx · int8 report</title>", ">float32</span>")
        .contains(">fp16</span>", ">int8</span>")
        .contains("<th>batch 8, all threads</th>", "<th scope='row'>QLinearConv</th>")
        .contains("What stayed on floats, and why", "passes, chosen")
        .doesNotContain("<script", "http", "NaN", "null");
    Run again = export(archive, flat, "--out=" + folder.resolve("b.onnx"), "--report=" + page);
    assertThat(again.status()).isEqualTo(2);
    assertThat(again.err()).contains("int8.html");
    assertThat(folder.resolve("b.onnx")).doesNotExist();
    Path other = folder.resolve("other.html");
    Files.delete(out);
    assertThat(export(network(true), flat, "--report=" + other).status()).isEqualTo(3);
    assertThat(other).doesNotExist();
    assertThat(export(archive, flat, "--report=" + other, "--quantize=fp16").err())
        .contains("--report is a page about int8: add --quantize int8, or leave it out");
  }

  /** ONNX's reference evaluator has DequantizeLinear from opset 19 on. */
  @Test
  void integersAreOfAnOpsetThatTheReferenceEvaluatorHas() throws IOException {
    String archive = network(false);
    assertThat(export(archive, flat).status()).isZero();
    assertThat(OnnxReader.read(out).opset()).isEqualTo(19);
    assertThat(export(archive, flat, "--force", "--opset=17").status()).isZero();
    assertThat(OnnxReader.read(out).opset()).isEqualTo(17);
    assertThat(export(archive, flat, "--force", "--quantize=fp16").status()).isZero();
    assertThat(OnnxReader.read(out).opset()).isEqualTo(17);
  }

  @Test
  void theCardSaysWhatTheFileIsFor() throws IOException {
    String archive = network(false);
    for (String target : List.of("portable", "tensorrt", "web")) {
      Run run = export(archive, flat, "--force", "--target=" + target);
      assertThat(run.status()).as(run.err()).isZero();
      StringWriter text = new StringWriter();
      ExporterMain.run(
          new PrintWriter(text, true), new PrintWriter(text, true), "inspect", out.toString());
      assertThat(text.toString()).contains("int8-static-qdq for " + target + ", ranges by ");
    }
    assertThat(export(archive, flat, "--force").status()).isZero();
    StringWriter card = new StringWriter();
    ExporterMain.run(
        new PrintWriter(card, true), new PrintWriter(card, true), "card", out.toString());
    assertThat(card.toString()).doesNotContain("target");
    assertThat(export(archive, flat, "--force", "--target=web", "--quantize=fp16").err())
        .contains(
            "--target web is about integers, and --quantize is fp16: give --quantize int8, or leave"
                + " --target out");
    assertThat(export(archive, flat, "--force", "--target=portable", "--quantize=none").err())
        .contains(
            "--quantize is none: give --quantize int8 or int8-dynamic, or leave --target out");
    assertThat(
            export(
                    archive,
                    flat,
                    "--force",
                    "--target=web",
                    "--measure-costs=" + folder.resolve("c"))
                .err())
        .contains("--measure-costs measures this machine, and --target is web: leave one of them");
  }

  @Test
  void theReportIsForMachinesToo() throws IOException {
    Run run = export(network(false), flat, "--json");
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("agreement").asDouble()).isEqualTo(1);
    assertThat(json.get("speedup").asDouble())
        .isEqualTo(json.get("float32Millis").asDouble() / json.get("quantizedMillis").asDouble());
    JsonNode guard = json.get("guard");
    assertThat(guard.get("passes").asBoolean()).isTrue();
    assertThat(guard.get("images").asInt()).isEqualTo(6);
    assertThat(guard.get("clearAgreement").asDouble()).isEqualTo(1);
    assertThat(guard.get("marginNoise").asDouble()).isBetween(0.0, 0.10);
    assertThat(guard.has("accuracy")).isFalse();
    assertThat(json.get("layersWithWeights").get("onIntegers").asInt()).isPositive();
    JsonNode curve = json.get("curve");
    assertThat(curve).hasSize(1);
    assertThat(curve.get(0).get("layersBackOnFloats").asInt()).isZero();
    assertThat(curve.get(0).get("speedupByCosts").asDouble()).isPositive();
    assertThat(curve.get(0).get("chosen").asBoolean()).isTrue();
    assertThat(curve.get(0).get("marginNoise")).isEqualTo(guard.get("marginNoise"));
  }

  @Test
  void answersThatAreLostAreRefusedUnlessForced() throws IOException {
    String archive = network(true);
    Run refused = export(archive, flat);
    assertThat(refused.err())
        .contains("error: int8 does not hold what it promises: the best that was found has ")
        .contains(" layers with weights on integers: answers as float32's on ")
        .contains(" of 6 held-out images (")
        .contains("at least 98 % of the clear answers and at most 10 % of the margin is asked for")
        .contains("nothing is written: give more --calibration images or a greater --max-drop");
    assertThat(refused.status()).isEqualTo(3);
    assertThat(out).doesNotExist();
    Run forced = export(archive, flat, "--force", "--json");
    assertThat(forced.status()).as(forced.err()).isZero();
    assertThat(forced.err())
        .contains("warning: int8 does not hold what it promises, and is written by --force: ");
    assertThat(new ObjectMapper().readTree(forced.out()).at("/guard/passes").asBoolean()).isFalse();
    assertThat(out).exists();
  }

  @Test
  void speedThatIsAskedForAndNotThereIsRefusedUnlessForced() throws IOException {
    String archive = network(false);
    Run refused = export(archive, flat, "--min-speedup=900");
    assertThat(refused.status()).isEqualTo(3);
    assertThat(refused.err())
        .containsPattern(
            "error: int8-static-qdq is [0-9.]+ times as fast as float32 here \\([0-9.]+ ms to"
                + " [0-9.]+ ms an image, one thread\\), and --min-speedup is 900.0; nothing is"
                + " written: write it all the same with --force");
    assertThat(out).doesNotExist();
    assertThat(export(archive, flat, "--min-speedup=900", "--force").status()).isZero();
    assertThat(out).exists();
  }

  @Test
  void tooFewImagesAreRefused() throws IOException {
    String archive = network(false);
    for (int count : new int[] {0, 1, 3}) {
      Path few = Files.createDirectories(folder.resolve("few" + count));
      for (int i = 0; i < count; i++) {
        image(few.resolve(i + ".png"), i);
      }
      Run run = export(archive, few);
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err())
          .contains(
              "error: [%s] int8 needs at least 4 different images, some to measure ranges on and"
                  .formatted(few))
          .contains("but found " + count + "; add images like those that the model will see");
      assertThat(out).doesNotExist();
    }
  }

  @Test
  void costsAreReadBeforeTheWorkAndOnlyForInt8() throws IOException {
    String archive = network(false);
    Path costs = Files.writeString(folder.resolve("costs.json"), "{}");
    Run refused = export(archive, flat, "--costs=" + costs);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.err())
        .contains("error: [%s] is no table of costs: ".formatted(costs))
        .contains("; make one with --measure-costs FILE");
    assertThat(export(archive, flat, "--costs=" + costs, "--quantize=fp16").err())
        .contains("--costs and --measure-costs are for --quantize int8, which chooses layers");
    assertThat(out).doesNotExist();
  }

  @Test
  void optionsThatMeanNothingAreRefused() throws IOException {
    String archive = network(false);
    assertThat(export(archive, flat, "--max-drop=-1").err())
        .contains("--max-drop is in points, from 0 to 100, but is -1.0");
    assertThat(export(archive, flat, "--min-speedup=0").err())
        .contains("--min-speedup must be positive, 1 for as fast as float32, but is 0.0");
    assertThat(export(archive, flat, "--guard-images=0").err())
        .contains("--guard-images must be positive but is 0");
    assertThat(export(archive, flat, "--guard=" + flat, "--quantize=fp16").err())
        .contains("--guard holds int8 to its answers: add --quantize int8, or leave it out");
    assertThat(export(archive, flat, "--min-speedup=2", "--quantize=none").err())
        .contains("--min-speedup is about a quantized file: add --quantize, or leave it out");
    assertThat(out).doesNotExist();
  }

  private static void image(Path file, int number) throws IOException {
    Files.createDirectories(file.getParent());
    Random random = new Random(number);
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    int colour = number % 4 == 3 ? 0 : 0xff << 8 * (2 - number % 4);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, colour | random.nextInt(0x1000000) & 0x1f1f1f);
    }
    ImageIO.write(image, "png", file.toFile());
  }

  private Run export(String archive, Path calibration, String... more) throws IOException {
    StringWriter printed = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(printed, true),
            new PrintWriter(err, true),
            arguments(archive, calibration, more));
    return new Run(status, printed.toString(), err.toString());
  }

  private String[] arguments(String archive, Path calibration, String... more) throws IOException {
    Path labels = Files.writeString(folder.resolve("labels"), "red\ngreen\nblue\ngrey\n");
    boolean quantizes = Stream.of(more).anyMatch(option -> option.startsWith("--quantize"));
    boolean elsewhere = Stream.of(more).anyMatch(option -> option.startsWith("--out"));
    return Stream.concat(
            Stream.of(
                "onnx",
                archive,
                "--input=3x16x16",
                "--resize=16",
                "--mean=0.2,0.2,0.2",
                "--std=0.3,0.3,0.3",
                "--labels=" + labels,
                quantizes ? "--json" : "--quantize=int8",
                "--calibration=" + calibration,
                elsewhere ? "--timings" : "--out=" + out),
            Stream.of(more))
        .toArray(String[]::new);
  }
}
