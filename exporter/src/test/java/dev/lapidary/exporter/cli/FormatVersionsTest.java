package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.testing.Archives;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of all formats that libtorch loads: its upgraders and ours agree, by parity. */
class FormatVersionsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void operatorsMeanWhatTheyMeantThen(int version) throws IOException {
    Path plain =
        Archives.of(
            folder,
            """
              y = torch.gelu(torch.mean(x, [2, 3]))
              halves = torch.div(self.k, 2)
              quotients = torch.div(self.k, torch.full([3], 2))
              return torch.add(torch.add(y, halves), quotients)
            """,
            Map.of("k", Tensor.of(new long[] {7, -7, 3}, 3)));
    Path file = folder.resolve("old.pt");
    TorchScriptArchive archive = ArchiveReader.read(plain);
    ArchiveWriter.write(
        new TorchScriptArchive(
            archive.name(),
            version,
            code(archive, version),
            archive.root(),
            archive.constants(),
            archive.extra()),
        file);
    for (String command : new String[] {"onnx", "torchscript"}) {
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      String target = command.equals("onnx") ? "m.onnx" : "m.pt";
      int status =
          ExporterMain.run(
              new PrintWriter(out, true),
              new PrintWriter(err, true),
              command,
              file.toString(),
              "--input=3x8x8",
              "--out=" + folder.resolve(target));
      assertThat(err.toString()).isEmpty();
      assertThat(status).isZero();
      assertThat(out.toString()).contains(" differs from ");
    }
  }

  /** The printers of versions 1 and 2 began each file with it. */
  private static SortedMap<String, String> code(TorchScriptArchive archive, int version) {
    SortedMap<String, String> code = new TreeMap<>(archive.code());
    if (version < 3) {
      code.replaceAll((path, text) -> "op_version_set = " + version + "\n" + text);
    }
    return code;
  }
}
