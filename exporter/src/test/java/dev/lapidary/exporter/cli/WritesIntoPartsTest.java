package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.testing.Archives;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program writes into a part of a tensor the whole has, as in libtorch. */
class WritesIntoPartsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        // FasterNet: a convolution of the first channels
        """
          y = torch.neg(x)
          part = torch.slice(y, 1, 0, 2)
          _0 = torch.copy_(part, torch.exp(part))
          return torch.flatten(y, 1)
        """,
        // MViTv2: positions for all tokens but the class
        """
          y = torch.neg(x)
          rest = torch.slice(torch.slice(torch.slice(torch.slice(y), 1), 2, 1), 3, 1)
          _0 = torch.copy_(rest, torch.add(rest, torch.mul(rest, rest)))
          return torch.flatten(torch.softmax(y, 3), 1)
        """,
        // one row, and what looked into it before
        """
          y = torch.neg(x)
          before = torch.slice(y, 2, 2, 5)
          _0 = torch.relu_(torch.select(y, 2, 3))
          _1 = torch.mul_(before, 2)
          return torch.flatten(torch.add(torch.slice(y, 2, 1, 4), before), 1)
        """,
        // one of a split's parts, then the part behind it
        """
          y = torch.neg(x)
          a, b, c, = torch.split_with_sizes(y, [1, 1, 1], 1)
          _0 = torch.sigmoid_(b)
          _1 = torch.add_(c, b)
          return torch.flatten(torch.sub(y, a), 1)
        """,
        // every second column, and rows three apart
        """
          y = torch.neg(x)
          odd = torch.slice(y, 3, 1, 9223372036854775807, 2)
          _0 = torch.mul_(odd, 3)
          _1 = torch.copy_(torch.slice(y, 2, 0, 4, 3), torch.relu(torch.slice(x, 2, 2, 4)))
          return torch.flatten(torch.add(y, torch.mean(odd, [3], True)), 1)
        """,
        // through a view of a part
        """
          y = torch.neg(x)
          rows = torch.permute(torch.slice(y, 2, 0, 2), [0, 2, 3, 1])
          _0 = torch.mul_(rows, self.gain)
          return torch.flatten(y, 1)
        """,
      })
  void theWholeHasThem(String body) throws IOException {
    Path archive = Archives.of(folder, body, Map.of("gain", Archives.weight("gain", 3)));
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            "onnx",
            archive.toString(),
            "--input=3x6x5",
            "--out=" + archive + ".onnx");
    assertThat(status + " " + err).isEqualTo("0 ");
  }
}
