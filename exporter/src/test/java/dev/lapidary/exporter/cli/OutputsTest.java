package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tracer and libtorch find the logits by one rule: parity holds, whatever forward returns. */
class OutputsTest {
  private static final String NAMED = "__torch__.Named";
  private static final String OPTIONAL = "Tuple[Optional[Tensor], Tensor]";
  private static final String NONE = "(annotate(Optional[Tensor], None), y)";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Tensor | y | ''",
        "Tensor | torch.softmax(y, 1) | ''",
        "Tensor | torch.argmax(y, 1) | --scores=logits",
        "Tensor | torch.to(y, 7) | ''",
        "Tensor | torch.to(y, 5) | ''",
        "Tensor | torch.gt(y, -2) | ''",
        "Tuple[Tensor, Tensor] | torch.topk(y, 2) | ''",
        "Tuple[Tensor, Tensor] | torch.topk(y, 2, 1, False) | --output-index=1",
        "Tuple[Tensor, Tensor] | torch.max(y, 1) | --output-index=1",
        "Tuple[Tensor, Tensor] | (y, z) | ''",
        "Tuple[Tensor, Tensor] | (z, y) | --output-index=1",
        OPTIONAL + " | " + NONE + " | ''",
        OPTIONAL + " | " + NONE + " | --output-index=1",
        "List[Tensor] | [y, z] | ''",
        NAMED + " | __torch__.Named(z, y, None) | ''",
        NAMED + " | __torch__.Named(y, z, None) | --output-key=aux",
        NAMED + " | __torch__.Named(y, z, None) | --output-index=0",
        "Dict[str, Tensor] | {\"a\": z, \"out\": y} | ''",
        "Dict[str, Tensor] | {\"a\": y, \"b\": z} | --output-key=a",
        "Dict[str, Tensor] | {\"scores\": y} | ''",
      })
  void parityHolds(String type, String value, String option) {
    assertThat(export(type, value, option)).isEqualTo("0 ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Tuple[Tensor, Tensor]|(y, z)|--output-index=2|--output-index 2: forward returns 2 values",
        "Tuple[Tensor, Tensor]|(y, z)|--output-key=a|2 values without names; give --output-index",
        "Dict[str, Tensor]|{\"a\": y, \"b\": z}|''|dict with the keys [a, b]; --output-key must say",
        "Dict[str, Tensor]|{\"a\": y}|--output-index=0|a dict; give --output-key, one of [a]",
        NAMED + "|__torch__.Named(y, z, None)|--output-key=x|no key x; it has [aux, logits, more]",
        NAMED
            + "|__torch__.Named(y, z, None)|--output-key=aux --output-index=0|give the one or the"
            + " other",
        "Tensor|y|--output-index=0|leave --output-index and --output-key out",
      })
  void anImpossibleChoiceIsExitTwo(String type, String value, String option, String message) {
    assertThat(export(type, value, option)).startsWith("2 ").contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Dict[int, Tensor]|{0: y, 1: z}|--output-key=1|the keys [0, 1]; only keys that are strings",
        "Tuple[Tensor, Tuple[Tensor, Tensor]]|(y, (y, z))|--output-index=1|the output that is chosen"
            + " is Tuple[Tensor[N, 3], Tensor[N, 3]]; --output-index or --output-key must choose",
        "Tuple[Dict[str, Tensor], int]|({\"a\": y}, 3)|''|forward returns 2 values and no tensor",
        "Tuple[Dict[str, Tensor], int]|({\"a\": y}, 3)|--output-index=0|is Dict[str 'a']; ",
        "Optional[Tensor]|None|''|forward returns None; expected a tensor",
      })
  void whatHoldsNoLogitsIsExitFour(String type, String value, String option, String message) {
    assertThat(export(type, value, option)).startsWith("4 ").contains(message);
  }

  /** What topk gives second is no number that float16 could hold. */
  @Test
  void indicesStayIntegersInHalfPrecision() {
    String indices = "torch.topk(y, 2, 1, False)";
    assertThat(export("Tuple[Tensor, Tensor]", indices, "--output-index=1 --quantize=fp16"))
        .startsWith("0 ");
  }

  /** Anything would agree with zeros: there is no proof, and so no file. */
  @Test
  void zerosAreNoProof() {
    assertThat(export("Tensor", "torch.mul(y, 0)", ""))
        .startsWith("3 ")
        .contains("gives only zeros on ordinary inputs");
    assertThat(folder).isDirectoryNotContaining("glob:**.onnx");
  }

  /** The exit status and what stderr says. */
  private String export(String type, String value, String option) {
    String code =
        """
        class Named(NamedTuple):
          aux : Tensor
          logits : Tensor
          more : Optional[Tensor]
        class M(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def forward(self: __torch__.M,
            x: Tensor) -> %s:
            y = torch.mean(x, [2, 3])
            z = torch.amax(x, [2, 3])
            return %s
        """
            .formatted(type, value);
    PyObject root = new PyObject("__torch__.M");
    root.attributes().put("training", new PyBool(false));
    Path file = folder.resolve("m.pt");
    ArchiveWriter.write(
        new TorchScriptArchive(
            "m", 10, new TreeMap<>(Map.of("__torch__.py", code)), root, List.of(), new TreeMap<>()),
        file);
    List<String> arguments =
        new ArrayList<>(
            List.of("onnx", file.toString(), "--input=3x8x8", "--out=" + folder.resolve("m.onnx")));
    if (!option.isEmpty()) {
      arguments.addAll(List.of(option.split(" ")));
    }
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            arguments.toArray(String[]::new));
    return status + " " + err;
  }
}
