package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Options of {@code serve run} from flags, the environment and files. */
class ConfigurationTest {
  @TempDir Path folder;

  private static CommandLine line(Map<String, String> environment, Path... files) {
    StringBuilder names = new StringBuilder();
    for (Path file : files) {
      names.append(names.length() == 0 ? "" : ",").append(file);
    }
    CommandLine line = new CommandLine(new RunCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line.setDefaultValueProvider(
        new Configuration(environment, Optional.of(names.toString())));
  }

  private static Object option(CommandLine line, String name) {
    return line.getCommandSpec().findOption(name).getValue();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aFlagWinsOverTheEnvironmentAndThatOverFiles() throws Exception {
    Path first =
        file(
            "first.yml",
            """
            lapidary:
              serve:
                model: a.onnx
                max-batch: 1
                queue: 1
                grpc-port: 8001
                maxImages: 3
                batching: fixed
            micronaut:
              application:
                name: other
            """);
    Path second = file("second.properties", "lapidary.serve.queue=2\nlapidary.serve.port=2\n");
    Path third = file("third.json", "{\"lapidary\":{\"serve\":{\"mean\":[0.5,0.25,1]}}}");
    CommandLine line =
        line(
            Map.of("LAPIDARY_SERVE_PORT", "3", "LAPIDARY_SERVE_MAX_DELAY_MS", "3", "HOME", "/"),
            first,
            second,
            third);
    line.parseArgs("--max-delay-ms", "4");
    assertThat(option(line, "--model")).isEqualTo(Optional.of(Path.of("a.onnx")));
    assertThat(option(line, "--max-batch")).isEqualTo(1);
    assertThat(option(line, "--max-images")).isEqualTo(3);
    assertThat(option(line, "--queue")).isEqualTo(2);
    assertThat(option(line, "--port")).isEqualTo(3);
    assertThat(option(line, "--max-delay-ms")).isEqualTo(4);
    assertThat(option(line, "--grpc-port")).isEqualTo(Optional.of(8001));
    assertThat(option(line, "--batching")).isEqualTo(BatchOptions.Batching.fixed);
    assertThat(String.valueOf(option(line, "--mean"))).isEqualTo("[0.5, 0.25, 1.0]");
    assertThat(option(line, "--host")).isEqualTo("127.0.0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.yml|lapidary.serve.max-bach: 1|FILE: unknown key lapidary.serve.max-bach; did you mean"
            + " lapidary.serve.max-batch?",
        "a.properties|lapidary.serve.zzzzzzzzzzz=1|FILE: unknown key lapidary.serve.zzzzzzzzzzz",
        "a.json|{\"lapidary\":{\"serve\":{\"port\":\"http\"}}}|FILE: lapidary.serve.port is 'http',"
            + " expected a whole number",
        "a.yml|lapidary.serve.batching: some|FILE: lapidary.serve.batching is 'some', expected one"
            + " of [auto, fixed]",
        "a.toml|x=1|MICRONAUT_CONFIG_FILES names FILE, expected a file that ends in .yml, .yaml,"
            + " .json or .properties"
      })
  void whatAFileSaysWronglyIsRefused(String name, String text, String words) throws Exception {
    Path file = file(name, text);
    assertThatThrownBy(() -> line(Map.of(), file).parseArgs("--model", "m"))
        .isInstanceOf(ParameterException.class)
        .hasMessage(words.replaceFirst("\\bFILE\\b", file.toString()));
  }

  @Test
  void whatIsNoFileOrBrokenIsRefused() throws Exception {
    Path none = folder.resolve("none.yml");
    assertThatThrownBy(() -> line(Map.of(), none).parseArgs("--model", "m"))
        .hasMessage("MICRONAUT_CONFIG_FILES names " + none + ", which cannot be read: " + none);
    Path broken = file("b.yml", "lapidary: [");
    assertThatThrownBy(() -> line(Map.of(), broken).parseArgs("--model", "m"))
        .isInstanceOf(ParameterException.class)
        .hasMessageStartingWith(broken + ": ");
  }

  @Test
  void variablesThatAreNoOptionAreRefusedButThoseOfKubernetes() {
    assertThatThrownBy(() -> line(Map.of("LAPIDARY_SERVE_MAX_BACH", "1")).parseArgs("--model", "m"))
        .hasMessage(
            "the environment variable LAPIDARY_SERVE_MAX_BACH is no option of serve run; did you"
                + " mean LAPIDARY_SERVE_MAX_BATCH?");
    CommandLine line =
        line(
            Map.of(
                "LAPIDARY_SERVE_SERVICE_HOST", "10.0.0.1",
                "LAPIDARY_SERVE_SERVICE_PORT_HTTP", "8080",
                "LAPIDARY_SERVE_PORT", "tcp://10.0.0.1:8080",
                "LAPIDARY_SERVE_PORT_8080_TCP_ADDR", "10.0.0.1",
                "LAPIDARY_CACHE", "/tmp"));
    line.parseArgs("--model", "m");
    assertThat(option(line, "--port")).isEqualTo(8080);
  }

  /** As a user runs it, by the system property that Micronaut has for the variable. */
  @Test
  void serveRunReadsItAndSaysWhatIsWrong() throws Exception {
    Path file = file("run.yml", "lapidary.serve: {model: none.onnx, max-batch: 0}\n");
    System.setProperty("micronaut.config.files", file.toString());
    try {
      StringWriter err = new StringWriter();
      int status = ServeMain.run(new PrintWriter(new StringWriter()), new PrintWriter(err), "run");
      assertThat(err.toString()).contains("--max-batch must be in 1..4096 but is 0");
      assertThat(status).isEqualTo(2);
    } finally {
      System.clearProperty("micronaut.config.files");
    }
  }
}
