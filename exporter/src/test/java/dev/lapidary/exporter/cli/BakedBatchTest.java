package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.Logits;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Traces that hold the batch size they were made with as a number: what is exported takes any
 * batch, and gives each image what libtorch gives it in batches of that size.
 */
class BakedBatchTest {
  private static final int IMAGES = 6;
  private static final int SIZE = 3 * 8 * 8;

  /** %1$d is the batch, %2$d sixteen times the batch. */
  private static final Map<String, String> PROGRAMS =
      Map.of(
          "view",
          """
            y = torch.relu(torch.conv2d(x, self.conv, None, [2, 2], [1, 1], [1, 1], 1))
            return torch.linear(torch.view(y, [%1$d, -1]), self.head)
          """,
          "class token",
          """
            y = torch.permute(torch.reshape(x, [%1$d, 3, 64]), [0, 2, 1])
            token = torch.expand(self.token, [%1$d, -1, -1])
            z = torch.cat([token, torch.linear(y, self.width)], 1)
            weights = torch.softmax(torch.matmul(z, torch.transpose(z, 1, 2)), -1)
            return torch.linear(torch.select(torch.matmul(weights, z), 1, 0), self.classes)
          """,
          "windows",
          """
            a = torch.permute(torch.view(x, [%1$d, 3, 4, 2, 4, 2]), [0, 2, 4, 3, 5, 1])
            b = torch.linear(torch.reshape(a, [%2$d, 4, 3]), self.width)
            c = torch.sub(b, torch.mean(b, [1], True))
            d = torch.permute(torch.view(c, [%1$d, 4, 4, 2, 2, 4]), [0, 5, 1, 3, 2, 4])
            return torch.linear(torch.amax(torch.reshape(d, [%1$d, 4, 8, 8]), [2, 3]), self.classes)
          """,
          "weights of images",
          """
            B = ops.prim.NumToTensor(torch.size(x, 0))
            routing = torch.sigmoid(torch.linear(torch.mean(x, [2, 3]), self.width))
            weight = torch.view(torch.matmul(routing, self.experts), [%2$d, 3, 3, 3])
            images = torch.reshape(x, [1, int(torch.mul(B, 3)), 8, 8])
            y = torch._convolution(images, weight, None, [2, 2], [1, 1], [1, 1], False, [0, 0], %1$d, False, False, True, True)
            z = torch.view(torch.permute(y, [1, 0, 2, 3]), [%1$d, 16, 4, 4])
            return torch.linear(torch.flatten(torch.mean(z, [3]), 1), self.head)
          """,
          "spatial transformer",
          """
            pose = torch.view(torch.linear(torch.mean(x, [2, 3]), self.pose), [%1$d, 2, 3])
            grid = torch.affine_grid_generator(pose, [%1$d, 3, 6, 6], False)
            a = torch.grid_sampler(x, grid, 0, 0, False)
            b = torch.grid_sampler(a, torch.expand(self.places, [%1$d, -1, -1, -1]), 0, 1, True)
            return torch.linear(torch.linear(torch.amax(b, [2, 3]), self.width), self.classes)
          """,
          "global filter",
          """
            spectrum = torch.fft_rfft2(torch.view(x, [%1$d, 3, 8, 8]), None, [2, 3], "ortho")
            filtered = torch.mul(spectrum, torch.view_as_complex(self.filter))
            y = torch.reshape(torch.fft_irfft2(filtered, [8, 8], [2, 3], "ortho"), [%1$d, 3, 64])
            return torch.linear(torch.linear(torch.amax(y, [2]), self.width), self.classes)
          """,
          "rows",
          """
            rows = torch.view(x, [%1$d, 24, 8])
            B = int(ops.prim.NumToTensor(torch.size(rows, 0)))
            h = torch.new_zeros(x, [2, B, 5], dtype=None, layout=None, device=None, pin_memory=None)
            weights = [self.gru_i, self.gru_h, self.gru_i, self.gru_h]
            _0, last = torch.gru(rows, h, weights, False, 1, 0., False, True, True)
            return torch.sub(torch.select(last, 0, 0), torch.select(last, 0, 1))
          """,
          "zeros",
          """
            rest = torch.zeros([%1$d, 1, 8, 8], dtype=6, layout=0, device=torch.device("cpu"))
            y = torch.permute(torch.cat([x, rest], 1), [0, 2, 3, 1])
            return torch.linear(torch.amax(y, [1, 2]), self.classes)
          """);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "view, 1",
    "view, 2",
    "view, 3",
    "class token, 1",
    "class token, 2",
    "windows, 1",
    "windows, 2",
    "windows, 3",
    "weights of images, 1",
    "weights of images, 2",
    "weights of images, 3",
    "spatial transformer, 1",
    "spatial transformer, 2",
    "spatial transformer, 3",
    "global filter, 1",
    "global filter, 2",
    "global filter, 3",
    "rows, 1",
    "rows, 2",
    "rows, 3",
    "zeros, 1",
    "zeros, 2"
  })
  void becomesDynamic(String program, int batch) throws IOException {
    Path archive = archive(PROGRAMS.get(program).formatted(batch, 16 * batch));
    Tensor images = Uniform.tensor("images", IMAGES, 3, 8, 8);
    float[] expected = answers(archive, images, batch);
    Path onnx = folder.resolve("m.onnx");
    Path torchScript = folder.resolve("inference.pt");
    String input = "--input=" + (batch == 3 ? "3x3x8x8" : "3x8x8");
    export("onnx", archive.toString(), "--out=" + onnx, input);
    export("torchscript", archive.toString(), "--out=" + torchScript, input);
    for (int size : new int[] {1, 3, 5}) {
      assertThat(answers(onnx, images, size))
          .as("batch %d", size)
          .satisfies(f -> same(f, expected));
      assertThat(answers(torchScript, images, size)).satisfies(f -> same(f, expected));
    }
    assertThat(certificate(onnx).inputs())
        .isEqualTo(
            "u(parity/0%s, %dx3x8x8), as one batch and the first alone"
                .formatted(batch == 1 ? "..1" : "", batch));
  }

  private Path archive(String body) throws IOException {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    Map.ofEntries(
            Map.entry("conv", List.of(4, 3, 3, 3)),
            Map.entry("head", List.of(5, 64)),
            Map.entry("token", List.of(1, 1, 4)),
            Map.entry("width", List.of(4, 3)),
            Map.entry("experts", List.of(4, 432)),
            Map.entry("gru_i", List.of(15, 8)),
            Map.entry("gru_h", List.of(15, 5)),
            Map.entry("filter", List.of(8, 5, 2)),
            Map.entry("pose", List.of(6, 3)),
            Map.entry("places", List.of(1, 5, 4, 2)),
            Map.entry("classes", List.of(5, 4)))
        .forEach(
            (name, shape) -> {
              long[] sizes = shape.stream().mapToLong(Integer::longValue).toArray();
              weights.put(name, Archives.weight(name, sizes));
            });
    return Archives.of(folder, body, weights);
  }

  /** In batches of a size, as many as there are whole ones. */
  private static float[] answers(Path file, Tensor images, int batch) {
    try (LoadedModel model = LoadedModel.open(ModelRuntime.of(file), file, OutputChoice.FIRST)) {
      float[] values = images.toFloats();
      float[] all = new float[0];
      for (int from = 0; from + batch <= IMAGES; from += batch) {
        float[] some = Arrays.copyOfRange(values, from * SIZE, (from + batch) * SIZE);
        Logits logits = model.run(Tensor.of(some, batch, 3, 8, 8));
        int at = all.length;
        all = Arrays.copyOf(all, at + logits.values().length);
        System.arraycopy(logits.values(), 0, all, at, logits.values().length);
      }
      return all;
    }
  }

  /** Of two float32 programs that sum at most 65 products each time, of logits of about one. */
  private static void same(float[] found, float[] expected) {
    assertThat(found).hasSizeGreaterThanOrEqualTo(5 * 5);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], org.assertj.core.data.Offset.offset(5e-6f));
    }
  }

  private static void export(String... arguments) {
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()), new PrintWriter(err, true), arguments);
    assertThat(status).as(err.toString()).isZero();
  }

  private static ModelCard.Parity certificate(Path onnx) {
    String card = OnnxReader.read(onnx).metadata().get(ModelCard.METADATA_KEY);
    return CardJson.read(String.valueOf(card), "m.onnx").parity().orElseThrow();
  }
}
