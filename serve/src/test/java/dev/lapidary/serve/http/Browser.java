package dev.lapidary.serve.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Headless Chromium, spoken to by the Chrome DevTools Protocol. */
final class Browser implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String LISTENING = "DevTools listening on ";
  private static final long PATIENCE_SECONDS = 90;

  private final Process process;
  private final WebSocket socket;
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger();
  private String session = "";

  /** The program, if this machine has it. */
  static Optional<Path> installed() {
    return Stream.of("chromium", "chromium-browser", "google-chrome")
        .flatMap(name -> Stream.of(Path.of("/usr/bin", name), Path.of("/usr/local/bin", name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private Browser(Process process, URI address) {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(address, new Answers()).join();
  }

  static Browser start(Path program, Path profile) throws IOException {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--user-data-dir=" + profile.toAbsolutePath(),
                "--remote-debugging-port=0",
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader err = process.errorReader();
    String line = err.readLine();
    while (line != null && !line.startsWith(LISTENING)) {
      line = err.readLine();
    }
    if (line == null) {
      throw new IOException("the browser ended at once");
    }
    Thread rest = new Thread(() -> err.lines().forEach(each -> {}));
    rest.setDaemon(true);
    rest.start();
    return new Browser(process, URI.create(line.substring(LISTENING.length())));
  }

  private final class Answers implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        try {
          JsonNode message = JSON.readTree(whole);
          CompletableFuture<JsonNode> answer = waiting.remove(message.path("id").asInt(-1));
          if (answer != null) {
            answer.complete(message);
          }
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  private JsonNode call(String method, ObjectNode parameters) throws Exception {
    ObjectNode message = JSON.createObjectNode();
    int id = next.incrementAndGet();
    message.put("id", id).put("method", method).set("params", parameters);
    if (!session.isEmpty()) {
      message.put("sessionId", session);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    socket.sendText(message.toString(), true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    JsonNode found = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (found.has("error")) {
      throw new IllegalStateException(method + ": " + found.get("error"));
    }
    return found.get("result");
  }

  /** Shows a page, as wide and high as told. */
  void open(URI page, int width, int height) throws Exception {
    session = "";
    ObjectNode target = JSON.createObjectNode().put("url", "about:blank");
    String id = call("Target.createTarget", target).get("targetId").asText();
    ObjectNode attach = JSON.createObjectNode().put("targetId", id).put("flatten", true);
    session = call("Target.attachToTarget", attach).get("sessionId").asText();
    call(
        "Emulation.setDeviceMetricsOverride",
        JSON.createObjectNode()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", width < 600));
    call("Page.enable", JSON.createObjectNode());
    call("Page.navigate", JSON.createObjectNode().put("url", page.toString()));
  }

  /** The value of an expression of JavaScript, as text. */
  String evaluate(String expression) throws Exception {
    JsonNode result =
        call(
            "Runtime.evaluate",
            JSON.createObjectNode()
                .put("expression", expression)
                .put("awaitPromise", true)
                .put("returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(result.get("exceptionDetails").toString());
    }
    return result.at("/result/value").asText();
  }

  /** Waits until an expression is true. */
  void await(String expression) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    String value = "";
    while (!value.equals("true")) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException(
            "never true: "
                + expression
                + "; the page says: "
                + evaluate("document.body.innerText"));
      }
      Thread.sleep(50);
      value = evaluate("Boolean(" + expression + ")");
    }
  }

  /** Lets files fall onto the page. */
  void drop(List<String> names, List<byte[]> files) throws Exception {
    StringBuilder script = new StringBuilder("(() => { const all = new DataTransfer();");
    for (int i = 0; i < files.size(); i++) {
      script.append(
          ("all.items.add(new File([Uint8Array.from(atob('%s'), c => c.charCodeAt(0))], '%s',"
                  + " {type: 'image/png'}));")
              .formatted(Base64.getEncoder().encodeToString(files.get(i)), names.get(i)));
    }
    script.append(
        "document.dispatchEvent(new DragEvent('drop', {dataTransfer: all, bubbles: true,"
            + " cancelable: true})); })()");
    evaluate(script.toString());
  }

  /** A PNG of what is seen. */
  byte[] screenshot() throws Exception {
    JsonNode picture = call("Page.captureScreenshot", JSON.createObjectNode().put("format", "png"));
    return Base64.getDecoder().decode(picture.get("data").asText());
  }

  @Override
  public void close() throws IOException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
  }
}
