package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @ValueSource(strings = {"onnx", "torchscript", "verify", "inspect", "card", "jar", "ops"})
  void everyCommandExplainsItself(String command) {
    int status = ExporterMain.run(new PrintWriter(out), new PrintWriter(err), command, "--help");
    assertThat(status).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("Usage: exporter " + command, "--help", "Exit codes:")
        .doesNotContain("Optional", "[]", "null");
  }
}
