package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.testing.EmittedOperators;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OperatorListTest {
  private static final Path TESTS = Path.of("src/test/java/dev/lapidary/exporter/lower");

  /** Recorded for the weights inside of quantized layers, which QuantizedOperatorsTest has. */
  private static final Set<String> OF_PACKED_WEIGHTS =
      Set.of("aten::_make_per_tensor_quantized_tensor", "aten::_make_per_channel_quantized_tensor");

  private static final Path PAGE = Path.of("../docs/operators.md");

  /** No lowering without a program that could reach it. */
  @Test
  void whatIsLoweredCanBeTraced() {
    assertThat(Tracer.operators()).containsAll(Lowerings.names());
  }

  /** No lowering without a line that libtorch and ONNX Runtime compute too. */
  @Test
  void whatIsLoweredIsHeldToLibtorch() throws IOException {
    StringBuilder lines = new StringBuilder();
    try (Stream<Path> tests = Files.list(TESTS)) {
      for (Path test : tests.sorted().toList()) {
        lines.append(Files.readString(test));
      }
    }
    List<String> untested =
        Lowerings.names().stream()
            .filter(name -> !OF_PACKED_WEIGHTS.contains(name))
            .filter(name -> !calls(lines.toString(), name.substring(name.indexOf("::") + 2)))
            .toList();
    assertThat(untested).isEmpty();
  }

  /** {@code -Dlapidary.update=true} rewrites it (CONTRIBUTING.md has the command). */
  @Test
  void thePageListsWhatTheSourceSays() throws IOException {
    String text = Files.readString(PAGE);
    String expected =
        listed(listed(text, "aten", Tracer.operators()), "onnx", EmittedOperators.all());
    if (Boolean.getBoolean("lapidary.update")) {
      Files.writeString(PAGE, expected);
    }
    assertThat(Files.readString(PAGE)).isEqualTo(expected);
  }

  private static boolean calls(String lines, String operator) {
    return Pattern.compile("\\." + Pattern.quote(operator) + "_?\\(").matcher(lines).find();
  }

  private static String listed(String text, String mark, Collection<String> names) {
    Pattern block = Pattern.compile("(?s)(<!-- " + mark + " -->\n).*?(<!-- end -->)");
    String list = names.stream().map(n -> "`" + n + "`").collect(Collectors.joining(" ·\n"));
    return block.matcher(text).replaceFirst("$1" + Matcher.quoteReplacement(list + "\n") + "$2");
  }
}
