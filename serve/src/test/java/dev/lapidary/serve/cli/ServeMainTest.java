package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.RawClient;
import java.awt.Color;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ServeMainTest {
  @TempDir Path folder;

  private record Ended(int status, String out, String err) {}

  private static Ended run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = ServeMain.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new Ended(status, out.toString(), err.toString());
  }

  @Test
  void saysWhatIsWrongInOneLine() throws Exception {
    assertThat(run("run", "--port", "0", "--model", folder + "/none.onnx"))
        .isEqualTo(
            new Ended(
                2,
                "",
                "error: %s/none.onnx is neither an ONNX file nor a folder with one%n"
                    .formatted(folder)));
    String file = Files.write(folder.resolve("bad.onnx"), new byte[] {9, 9, 9}).toString();
    Ended corrupt = run("run", "--port", "0", "--model", file);
    assertThat(corrupt.status()).isEqualTo(2);
    assertThat(corrupt.err())
        .startsWith("error: [bad.onnx] ONNX Runtime cannot load it, expected an ONNX model: ");
    assertThat(corrupt.err().lines()).hasSize(1);
    assertThat(run("run", "--model", file, "--port", "70000").err())
        .isEqualTo("error: --port must be in 0..65535 but is 70000%n".formatted());
    assertThat(run("run", "--model", file, "--queue", "0").err())
        .isEqualTo("error: --queue must be in 1..1000000 but is 0%n".formatted());
    assertThat(run("run").status()).isEqualTo(2);
    assertThat(run("run", "--help").out()).contains("--max-delay-ms", "Exit codes:");
  }

  @Test
  void refusesAShadowThatMakesNoSense() throws Exception {
    String model = TinyModels.write(folder).toString();
    assertThat(run("run", "--port", "0", "--model", model, "--shadow", "tiny=hats"))
        .isEqualTo(
            new Ended(
                2,
                "",
                "error: --shadow tiny=hats: there is no model hats, expected one of tiny%n"
                    .formatted()));
    assertThat(run("run", "--port", "0", "--model", model, "--shadow", "tiny=tiny"))
        .isEqualTo(
            new Ended(
                2,
                "",
                ("error: --shadow tiny=tiny: a model cannot be its own shadow, expected NAME=MODEL"
                        + " such as shoes=shoes-int8%n")
                    .formatted()));
  }

  @Test
  void refusesPrioritiesThatMakeNoSense() throws Exception {
    String model = TinyModels.write(folder).toString();
    assertThat(run("run", "--model", model, "--priority-levels", "64").err())
        .isEqualTo("error: --priority-levels must be in 0..63 but is 64%n".formatted());
    assertThat(run("run", "--model", model, "--priority-levels", "2"))
        .isEqualTo(
            new Ended(
                2,
                "",
                ("error: --priority-levels 2 needs the level of requests that name none; add"
                        + " --default-priority-level K, one of 1..2%n")
                    .formatted()));
    assertThat(
            run("run", "--model", model, "--priority-levels", "2", "--default-priority-level", "3")
                .err())
        .isEqualTo("error: --default-priority-level must be in 1..2 but is 3%n".formatted());
    assertThat(run("run", "--model", model, "--default-priority-level", "1").err())
        .isEqualTo(
            ("error: --default-priority-level is one of the --priority-levels, and there are none;"
                    + " add --priority-levels N%n")
                .formatted());
  }

  @Test
  void warnsIfOtherMachinesReachIt() throws Exception {
    Path model = TinyModels.write(folder);
    try (ServerProcess server = ServerProcess.start(model, "--host", "0.0.0.0")) {
      assertThat(server.firstMessage())
          .matches(
              "warning: --host 0.0.0.0 is reached from other machines, and the server has no access"
                  + " control: whoever reaches port \\d+ may use it");
    }
    assertThat(run("run", "--model", model.toString(), "--max-deadline-ms", "0").err())
        .isEqualTo("error: --max-deadline-ms must be in 1..86400000 but is 0%n".formatted());
    assertThat(run("run", "--model", model.toString(), "--drain-delay-ms", "-1").err())
        .isEqualTo("error: --drain-delay-ms must not be negative but is -1%n".formatted());
  }

  @Test
  void saysThatAModelIsNotReadyAndStaysLive() throws Exception {
    Path model = TinyModels.write(folder, Optional.of(TinyModels.card(TinyModels.golden(0.02f))));
    try (ServerProcess server = ServerProcess.start(model)) {
      String line = server.firstMessage();
      assertThat(line)
          .startsWith("not ready on http://127.0.0.1:")
          .endsWith(": golden image 0: logit 0 is 0.980392, expected 1.00039 within 0.0100");
      URI uri = URI.create(line.split(" ")[3].replaceFirst(":$", ""));
      try (RawClient client = new RawClient(uri)) {
        client.send(RawClient.request(TinyModels.png(Color.RED, 64, 64), 1));
        assertThat(client.status()).isEqualTo(503);
      }
    }
  }
}
