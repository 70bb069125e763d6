package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.serve.TinyModels;
import java.awt.Color;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
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

  /** As a process, since a signal is for a process; the status is the shell's 128 + 15. */
  @Test
  void aSignalStopsItAfterTheAnswersToWhatItAccepted() throws Exception {
    Process process = start(TinyModels.write(folder));
    try (BufferedReader err = process.errorReader()) {
      String line = firstMessage(err);
      assertThat(line).startsWith("listening on http://127.0.0.1:");
      URI uri = URI.create(line.substring("listening on ".length()));
      List<CompletableFuture<Integer>> answers = post(uri, 200);
      CompletableFuture.anyOf(answers.toArray(CompletableFuture[]::new)).join();
      process.toHandle().destroy(); // SIGTERM, with most of them on their way
      assertThat(process.waitFor()).isEqualTo(143);
      assertThat(err.lines()).isEmpty();
      List<Integer> statuses = answers.stream().map(ServeMainTest::status).toList();
      // Accepted ones were answered; the others were refused, or found no one to connect to.
      assertThat(statuses).contains(200).doesNotContain(500).allMatch(UNANSWERED::contains);
    } finally {
      process.destroyForcibly();
    }
  }

  private static final int NO_CONNECTION = 0;
  private static final List<Integer> UNANSWERED = List.of(200, 429, 503, NO_CONNECTION);

  private static int status(CompletableFuture<Integer> answer) {
    return answer.handle((status, error) -> error == null ? status : NO_CONNECTION).join();
  }

  @Test
  void saysThatAModelIsNotReadyAndStaysLive() throws Exception {
    Process process =
        start(TinyModels.write(folder, Optional.of(TinyModels.card(TinyModels.golden(0.02f)))));
    try (BufferedReader err = process.errorReader()) {
      String line = firstMessage(err);
      assertThat(line)
          .startsWith("not ready on http://127.0.0.1:")
          .endsWith(": golden image 0: logit 0 is 0.980392, expected 1.00039 within 0.0100");
      URI uri = URI.create(line.split(" ")[3].replaceFirst(":$", ""));
      assertThat(post(uri, 1).get(0).join()).isEqualTo(503);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Newer JVMs warn of libraries' native access first; the launcher tells them not to. */
  private static String firstMessage(BufferedReader err) throws IOException {
    String line = err.readLine();
    while (line != null && (line.isEmpty() || line.startsWith("WARNING: "))) {
      line = err.readLine();
    }
    return String.valueOf(line);
  }

  private static Process start(Path model) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            ServeMain.class.getName(),
            "run",
            "--port",
            "0",
            "--model",
            model.toString())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static List<CompletableFuture<Integer>> post(URI server, int count) {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve("/predict"))
            .header("Content-Type", "image/png")
            .POST(HttpRequest.BodyPublishers.ofByteArray(TinyModels.png(Color.RED, 64, 64)))
            .build();
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                client
                    .sendAsync(request, BodyHandlers.ofString(StandardCharsets.UTF_8))
                    .thenApply(HttpResponse::statusCode))
        .toList();
  }
}
