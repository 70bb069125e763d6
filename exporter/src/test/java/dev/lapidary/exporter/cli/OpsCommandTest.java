package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.torchscript.pt2.NodeNames;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpsCommandTest {
  private static final String TRACED = "  traced:  ";
  private static final String LOWERED = "  lowered: ";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... names) {
    List<String> arguments = new ArrayList<>(List.of("ops"));
    arguments.addAll(List.of(names));
    return ExporterMain.run(
        new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
  }

  /** So that whoever looks for an operator finds it by its name. */
  @Test
  void eachOperatorIsNamedInTheFilesThatTheCommandSays() throws IOException {
    assertThat(run(Tracer.operators().toArray(String[]::new))).isZero();
    List<String> lines = out.toString().lines().toList();
    assertThat(lines).hasSize(3 * Tracer.operators().size());
    List<String> unnamed = new ArrayList<>();
    int lowered = 0;
    for (int i = 0; i < lines.size(); i += 3) {
      String operator = lines.get(i);
      String bare = operator.replaceFirst("^aten::", "");
      String traced = lines.get(i + 1).substring(TRACED.length());
      String said = traced.endsWith(".py") ? "\ndef " + bare + "(" : '"' + bare + '"';
      if (!Files.readString(Path.of("..", traced)).contains(said)) {
        unnamed.add(operator + " in " + traced);
      }
      String file = lines.get(i + 2).substring(LOWERED.length());
      if (file.endsWith(".java")) {
        lowered++;
        String text = Files.readString(Path.of("..", file));
        if (!text.contains('"' + operator + '"') && !text.contains('"' + bare + '"')) {
          unnamed.add(operator + " in " + file);
        }
        assertThat(name(file)).as(operator).isEqualTo(name(traced));
      }
    }
    assertThat(unnamed).isEmpty();
    assertThat(lowered).isGreaterThan(100);
  }

  private static String name(String file) {
    return file.substring(file.lastIndexOf('/') + 1);
  }

  @ParameterizedTest
  @CsvSource({
    "hstack, aten::hstack, trace/decompositions.py, made of",
    "hypot, aten::hypot, PointwiseTrigonometry, made of",
    "aten::cat, aten::cat, Joining, lower/Joining.java",
    "relu_, aten::relu, Activations, lower/Activations.java",
    "quantized::conv2d, quantized::conv2d, QuantizedLayers, made of"
  })
  void saysWhereAnOperatorIs(String name, String operator, String traced, String lowered) {
    assertThat(run(name)).as(err.toString()).isZero();
    List<String> lines = out.toString().lines().toList();
    assertThat(lines.get(0)).isEqualTo(operator);
    assertThat(lines.get(1)).startsWith(TRACED + "torchscript/src/main/").contains(traced);
    assertThat(lines.get(2)).startsWith(LOWERED).contains(lowered);
  }

  @ParameterizedTest
  @CsvSource({
    "native_layer_norm, torch.ops.aten.native_layer_norm, aten::layer_norm",
    "torch.ops.aten._to_copy.default, torch.ops.aten._to_copy, aten::to",
    "torch.ops.aten.sym_size.int, torch.ops.aten.sym_size, torch.size on sizes",
    "_operator.mul, _operator.mul, torch.mul on sizes",
    "torch.ops.quantized_decomposed.quantize_per_tensor.default,"
        + " torch.ops.quantized_decomposed.quantize_per_tensor,"
        + " 'aten::fake_quantize_per_tensor_affine, and weights as integers'"
  })
  void saysWhatNodesOfAProgramAreWrittenAs(String name, String node, String written) {
    assertThat(run(name)).as(err.toString()).isZero();
    assertThat(out.toString().lines()).containsExactly(node, "  printed of a .pt2: as " + written);
  }

  @Test
  void nodesOfProgramsAreListedBehindTheOperators() {
    assertThat(run()).isZero();
    assertThat(out.toString().lines())
        .hasSize(Tracer.operators().size() + NodeNames.all().size())
        .contains("torch.ops.aten.as_strided", "aten::conv2d");
  }

  @Test
  void anUnknownNameIsRefusedWithNearOnesAndNothingIsPrinted() {
    assertThat(run("relu", "hstak")).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "ops hstak: none of the "
                + Tracer.operators().size()
                + " operators that 'exporter ops' lists; did you mean hstack or");
    assertThat(out.toString()).isEmpty();
  }
}
