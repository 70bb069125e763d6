package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Hostile;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Half;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyDevice;
import dev.lapidary.torchscript.archive.Sample;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Archives that were saved on a GPU, or by {@code half()}, are exported where neither is. */
class PortableSourceTest {
  private static final String BODY =
      """
        y = torch.conv2d(x, self.w, None, [2, 2], [1, 1], [1, 1], 1)
        return torch.mean(torch.add(y, self.b), [2, 3])
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT16", "BFLOAT16", "FLOAT64"})
  void weightsOfAnotherTypeBecomeFloat32(DType dtype) throws IOException {
    Map<String, Tensor> weights =
        Map.of(
            "w", as(dtype, Archives.weight("w", 4, 3, 3, 3)),
            "b", as(dtype, Archives.weight("b", 4, 1, 1)));
    Path archive = Archives.of(folder, BODY, weights);
    for (String command : new String[] {"onnx", "torchscript"}) {
      String err = export(command, archive);
      assertThat(err)
          .startsWith("0 [" + archive.getFileName() + "] its ")
          .contains(dtype == DType.FLOAT64 ? "rounded to float32" : "holds the same numbers");
    }
    assertThat(OnnxReader.read(folder.resolve("m.onnx")).initializers().values())
        .extracting(Tensor::dtype)
        .doesNotContain(dtype);
    assertThat(copies(archive)).containsExactly(archive);
  }

  @Test
  void whatASavedGpuNamesIsTheCpu() throws IOException {
    Path archive =
        Archives.of(
            folder,
            """
              device = torch.device("cuda:0")
              ones = torch.ones([1], dtype=6, layout=0, device=torch.device("cuda:0"))
              return torch.mul(torch.to(torch.mean(x, [2, 3]), self.device), torch.to(ones, device))
            """,
            Map.of("w", Archives.weight("w", 2)));
    onGpu(archive);
    assertThat(export("onnx", archive)).isEqualTo("0 ");
    assertThat(export("torchscript", archive)).isEqualTo("0 ");
  }

  /** As PyTorch saves it there: attributes and the places of storages name the device too. */
  private static void onGpu(Path file) throws IOException {
    TorchScriptArchive archive = ArchiveReader.read(file);
    archive.root().attributes().put("device", new PyDevice("cuda:0"));
    SortedMap<String, String> code = new TreeMap<>(archive.code());
    code.replaceAll(
        (path, text) ->
            text.replace("  training : bool\n", "  training : bool\n  device : Device\n"));
    ArchiveWriter.write(
        new TorchScriptArchive(
            archive.name(),
            archive.version(),
            code,
            archive.root(),
            archive.constants(),
            archive.extra()),
        file);
    Map<String, byte[]> records = new LinkedHashMap<>(Sample.of(file).records());
    String pickle = new String(records.get("data.pkl"), StandardCharsets.ISO_8859_1);
    String cpu = "X\u0003\u0000\u0000\u0000cpu";
    assertThat(pickle).contains(cpu);
    records.put(
        "data.pkl",
        pickle
            .replace(cpu, "X\u0006\u0000\u0000\u0000cuda:0")
            .getBytes(StandardCharsets.ISO_8859_1));
    Files.write(file, Hostile.zip("m/", records));
  }

  private static List<Path> copies(Path archive) throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.map(path -> path.resolve(archive.getFileName())).filter(Files::exists).toList();
    }
  }

  /** The status and what stderr says. */
  private String export(String command, Path archive) {
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            command,
            archive.toString(),
            "--input=3x8x8",
            "--force",
            "--out=" + folder.resolve(command.equals("onnx") ? "m.onnx" : "inference.pt"));
    return status + " " + err;
  }

  private static Tensor as(DType dtype, Tensor tensor) {
    Tensor other = Tensor.zeros(dtype, tensor.shape());
    ByteBuffer bytes = other.bytes();
    for (float value : tensor.toFloats()) {
      switch (dtype) {
        case FLOAT16 -> bytes.putShort(Half.toFloat16(value));
        case BFLOAT16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        default -> bytes.putDouble(value);
      }
    }
    return other;
  }
}
