package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.http.ServerSettings.Access;
import java.awt.Color;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class PageTest {
  private static final String KEY = "0123456789abcdef";

  private static Optional<Browser> started = Optional.empty();

  @TempDir Path folder;

  @AfterAll
  static void end() throws Exception {
    if (started.isPresent()) {
      started.get().close();
    }
  }

  private PredictionServer server(Access access) throws Exception {
    Path models = Files.createDirectories(folder.resolve("models"));
    for (String name : List.of("shoes", "shoes-int8")) {
      Path written = TinyModels.write(Files.createDirectories(folder.resolve(name)));
      Files.copy(written, models.resolve(name + ".onnx"));
    }
    PredictionServer server = PredictionServer.bind(ServerSettings.local().withAccess(access));
    server.serve(models, false, false, file -> new ReadModel.OfImages(ModelLoader.load(file, 1)));
    return server;
  }

  @Test
  void isThreeFilesThatLoadNothingFromElsewhere() throws Exception {
    try (PredictionServer server = server(Access.DEFAULT)) {
      Client client = new Client(server.uri());
      for (String path : List.of("/", "/page.css", "/page.js")) {
        HttpResponse<byte[]> file = client.get(path);
        assertThat(file.statusCode()).isEqualTo(200);
        assertThat(file.headers().firstValue("Content-Security-Policy"))
            .contains(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                    + " frame-ancestors 'none'");
        assertThat(file.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(new String(file.body(), UTF_8))
            .doesNotContain("//cdn", "http:", "https:", "innerHTML", "eval(", " style=");
      }
      HttpResponse<byte[]> models = client.get("/page/models");
      assertThat(Client.json(models).findValuesAsText("name"))
          .containsExactlyInAnyOrder("shoes", "shoes-int8");
      assertThat(Client.json(models).at("/0/card/input").asText()).isEqualTo("3 × 8 × 8, float32");
      assertThat(Client.json(models).at("/0/classes").asInt()).isEqualTo(3);
    }
  }

  @Test
  void isNotThereWhereItIsSwitchedOff() throws Exception {
    try (PredictionServer server = server(new Access(Optional.empty(), false, Optional.empty()))) {
      for (String path : List.of("/", "/page.css", "/page.js", "/page/models")) {
        HttpResponse<byte[]> answer = new Client(server.uri()).get(path);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(Client.json(answer).get("detail").asText())
            .isEqualTo("there is no such path, expected /predict or /v2/health/ready");
      }
    }
  }

  private static Browser browser() throws Exception {
    Optional<Path> program = Browser.installed();
    if (program.isEmpty()) {
      System.err.println("SKIPPED: the page in a browser: there is no chromium in /usr/bin");
    }
    assumeTrue(program.isPresent(), "no chromium");
    if (started.isEmpty()) {
      started = Optional.of(Browser.start(program.get(), Path.of("target/browser")));
    }
    return started.get();
  }

  @Test
  void classifiesWhatIsDroppedAndComparesTwoModels() throws Exception {
    Browser browser = browser();
    try (PredictionServer server = server(Access.DEFAULT)) {
      browser.open(server.uri(), 1000, 1400);
      browser.await("document.querySelectorAll('#other option').length === 3");
      assertThat(browser.evaluate("document.getElementById('door').hidden")).isEqualTo("true");
      browser.evaluate("document.getElementById('other').value = 'shoes-int8'");
      browser.drop(
          List.of("red.png", "blue.png", "none.png"),
          List.of(
              TinyModels.png(Color.RED, 90, 60),
              TinyModels.png(Color.BLUE, 60, 90),
              "no image".getBytes(UTF_8)));
      browser.await("document.querySelectorAll('.verdict').length === 2");
      browser.await("document.querySelectorAll('.error').length === 2");
      assertThat(browser.evaluate("document.querySelectorAll('article')[2].innerText"))
          .contains("Both say red.", "shoes", "shoes-int8", " ms")
          .containsPattern("red\\s+57\\.6 %");
      assertThat(browser.evaluate("document.querySelectorAll('article')[1].innerText"))
          .contains("Both say blue.");
      assertThat(browser.evaluate("document.querySelectorAll('article')[0].innerText"))
          .contains("expected JPEG, PNG, WebP, BMP or GIF");
      assertThat(
              browser.evaluate(
                  "document.querySelectorAll('article')[2].querySelector('.track div').style.width"))
          .isEqualTo("57.6%");
      browser.await("document.getElementById('live').innerText.includes('images a run')");
      browser.await("document.querySelectorAll('#batches .bar').length > 0");
      assertThat(browser.evaluate("document.getElementById('card').innerText"))
          .contains("shoes", "3 × 8 × 8, float32");
      keep("page.png", browser.screenshot());
      browser.evaluate("window.scrollTo(0, 0)");
      browser.open(server.uri(), 390, 844);
      browser.await("document.querySelectorAll('#other option').length === 3");
      browser.drop(List.of("green.png"), List.of(TinyModels.png(Color.GREEN, 90, 60)));
      browser.await("document.querySelectorAll('.first .bar').length === 3");
      assertThat(browser.evaluate("document.documentElement.scrollWidth <= 390"))
          .as("nothing is wider than a phone")
          .isEqualTo("true");
      keep("page-phone.png", browser.screenshot());
    }
  }

  @Test
  void anotherPageShowsWhatMayBeAsked() throws Exception {
    Browser browser = browser();
    try (PredictionServer server = server(Access.DEFAULT)) {
      browser.open(server.uri().resolve("/openapi"), 390, 844);
      browser.await("document.querySelectorAll('h3').length > 30");
      assertThat(browser.evaluate("document.getElementById('operations').innerText"))
          .contains("POST /predict/{model}", "No such model", "Problem", "InferAnswer");
      assertThat(browser.evaluate("document.documentElement.scrollWidth <= 390"))
          .as("nothing is wider than a phone")
          .isEqualTo("true");
      keep("openapi.png", browser.screenshot());
    }
  }

  @Test
  void showsNothingWithoutTheKeyThatIsAskedFor() throws Exception {
    Browser browser = browser();
    Path keys = folder.resolve("keys");
    Files.writeString(keys, KEY);
    try (PredictionServer server = server(new Access(Optional.of(keys), true, Optional.empty()))) {
      browser.open(server.uri(), 1000, 800);
      browser.await("document.getElementById('door') && !document.getElementById('door').hidden");
      assertThat(browser.evaluate("document.getElementById('inside').hidden")).isEqualTo("true");
      assertThat(browser.evaluate("document.body.innerText")).doesNotContain("shoes");
      type(browser, "wrong");
      browser.await("document.getElementById('wrong').innerText.includes('does not know')");
      assertThat(browser.evaluate("document.getElementById('inside').hidden")).isEqualTo("true");
      type(browser, KEY);
      browser.await("!document.getElementById('inside').hidden");
      browser.drop(List.of("red.png"), List.of(TinyModels.png(Color.RED, 9, 9)));
      browser.await("document.querySelectorAll('.first .bar').length === 3");
      assertThat(browser.evaluate("document.body.innerText")).contains("shoes");
    }
  }

  private static void type(Browser browser, String key) throws Exception {
    browser.evaluate(
        "document.getElementById('key').value = '%s'; document.getElementById('door').requestSubmit()"
            .formatted(key));
  }

  /** For whoever wants to see it. */
  private static void keep(String name, byte[] picture) throws Exception {
    Path kept = Files.createDirectories(Path.of("target/screenshots")).resolve(name);
    Files.write(kept, picture);
  }
}
