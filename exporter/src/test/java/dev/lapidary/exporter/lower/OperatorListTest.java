package dev.lapidary.exporter.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.testing.EmittedOperators;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OperatorListTest {
  private static final Path PAGE = Path.of("../docs/operators.md");

  /** No lowering without a program that could reach it. */
  @Test
  void whatIsLoweredCanBeTraced() {
    assertThat(Tracer.operators()).containsAll(Operators.names());
  }

  /** {@code mvn -pl exporter -am test -Dtest=OperatorListTest -Dlapidary.update=true} rewrites. */
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

  private static String listed(String text, String mark, Collection<String> names) {
    Pattern block = Pattern.compile("(?s)(<!-- " + mark + " -->\n).*?(<!-- end -->)");
    String list = names.stream().map(n -> "`" + n + "`").collect(Collectors.joining(" ·\n"));
    return block.matcher(text).replaceFirst("$1" + Matcher.quoteReplacement(list + "\n") + "$2");
  }
}
