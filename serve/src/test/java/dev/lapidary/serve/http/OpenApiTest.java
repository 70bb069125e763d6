package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import io.micronaut.context.ApplicationContext;
import io.micronaut.web.router.Router;
import java.awt.Color;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The OpenAPI document describes each route, and what they answer. */
@Timeout(120)
class OpenApiTest {
  private static final byte[] IMAGE = TinyModels.png(Color.RED, 8, 8);
  private static final String KEY = "0123456789abcdef";

  /** Files of the pages for people, and what is asked for by them. */
  private static final Set<String> OF_PAGES =
      Set.of(
          "GET /",
          "GET /page.css",
          "GET /page.js",
          "GET /page/models",
          "GET /openapi",
          "GET /openapi.js");

  @TempDir Path folder;

  private PredictionServer server(Optional<Path> keys) throws Exception {
    Path models = Files.createDirectories(folder.resolve("models"));
    Files.copy(TinyModels.write(folder), models.resolve("tiny.onnx"));
    PredictionServer server =
        PredictionServer.bind(
            ServerSettings.local()
                .withAccess(new ServerSettings.Access(keys, true, Optional.empty())));
    server.serve(models, false, true, file -> new ReadModel.OfImages(ModelLoader.load(file, 1)));
    return server;
  }

  @Test
  void itHasTheRoutesThatThereAre() throws Exception {
    Set<String> routes = new TreeSet<>();
    try (ServerState state =
            new ServerState(ServerSettings.local(), Optional.empty(), Optional.empty());
        ApplicationContext context = ApplicationContext.builder().singletons(state).start()) {
      context
          .getBean(Router.class)
          .uriRoutes()
          .forEach(
              route -> routes.add(route.getHttpMethodName() + " " + route.getUriMatchTemplate()));
    }
    routes.removeAll(OF_PAGES);
    routes.removeIf(route -> route.startsWith("HEAD ")); // of each GET
    try (PredictionServer server = server(Optional.empty())) {
      ApiDocument document = new ApiDocument(new Client(server.uri()).get("/openapi.json").body());
      document.requireWhole();
      assertThat(document.operations()).isEqualTo(routes);
    }
  }

  /**
   * A request, and what it is answered.
   *
   * @param path of the template with its parts in place
   * @param header name and value, or nothing
   */
  private record Sample(
      String operation, String path, String type, String body, String header, int status) {}

  private static Sample get(String template, int status) {
    return new Sample("GET " + template, filled(template), "", "", "", status);
  }

  private static Sample post(String template, String type, String body, int status) {
    return new Sample("POST " + template, filled(template), type, body, "", status);
  }

  private static String filled(String template) {
    return template.replace("{model}", "tiny").replace("{version}", "7");
  }

  private static List<Sample> samples() {
    String json = "application/json";
    String tensor =
        "{\"inputs\":[{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[1,3,8,8],\"data\":["
            + "0,".repeat(191)
            + "0]}]}";
    String images = "{\"images\":[{\"b64\":\"%s\"},{\"b64\":\"%s\"}]}";
    String good = java.util.Base64.getEncoder().encodeToString(IMAGE);
    List<Sample> all = new ArrayList<>();
    for (String path : List.of("/predict", "/predict/{model}")) {
      all.add(post(path, json, images.formatted(good, "AAAA"), 200));
      all.add(post(path, json, images.formatted("AAAA", "AAAA"), 422));
      all.add(post(path, json, "{", 400));
      all.add(post(path, "text/html", "a", 415));
      all.add(post(path, json, "[" + " ".repeat(33 << 20) + "]", 413));
      all.add(
          new Sample(
              "POST " + path,
              filled(path),
              json,
              images.formatted(good, good),
              "X-Deadline-Ms:0",
              400));
    }
    all.add(new Sample("POST /predict/{model}", "/predict/none", json, "{}", "", 404));
    for (String path : List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}")) {
      for (String part : List.of("", "/ready", "/config", "/stats")) {
        all.add(get(path + part, 200));
        all.add(
            new Sample(
                "GET " + path + part,
                filled(path + part).replace("tiny", "none"),
                "",
                "",
                "",
                404));
      }
      all.add(post(path + "/infer", json, tensor, 200));
      all.add(post(path + "/infer", json, "{", 400));
    }
    for (String path : List.of("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/stats")) {
      all.add(get(path, 200));
    }
    all.add(get("/metrics", 200));
    all.add(get("/openapi.json", 200));
    all.add(post("/v2/repository/index", json, "{\"ready\":true}", 200));
    all.add(post("/v2/repository/index", json, "{", 400));
    all.add(post("/v2/repository/models/{model}/load", json, "{}", 200));
    all.add(post("/v2/repository/models/{model}/unload", json, "{}", 200));
    return all;
  }

  @Test
  void answersAreAsItSays() throws Exception {
    try (PredictionServer server = server(Optional.empty())) {
      Client client = new Client(server.uri());
      ApiDocument document = new ApiDocument(client.get("/openapi.json").body());
      Set<String> answered = new TreeSet<>();
      for (Sample sample : samples()) {
        HttpResponse<byte[]> answer = client.send(request(server, sample));
        assertDescribed(document, sample, answer);
        if (sample.status() == 200) {
          answered.add(sample.operation());
        }
      }
      assertThat(answered).isEqualTo(document.operations());
    }
  }

  private static HttpRequest.Builder request(PredictionServer server, Sample sample) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri().resolve(sample.path()));
    if (!sample.header().isEmpty()) {
      String[] header = sample.header().split(":");
      request.header(header[0], header[1]);
    }
    return sample.operation().startsWith("GET")
        ? request
        : request
            .header("Content-Type", sample.type())
            .POST(BodyPublishers.ofString(sample.body()));
  }

  private static void assertDescribed(
      ApiDocument document, Sample sample, HttpResponse<byte[]> answer) throws Exception {
    String what = sample.operation() + " " + new String(answer.body(), UTF_8);
    assertThat(answer.statusCode()).as(what).isEqualTo(sample.status());
    JsonNode described = document.answer(sample.operation(), answer.statusCode());
    assertThat(described.has("description")).as(what).isTrue();
    if (answer.body().length == 0) {
      assertThat(described.has("content")).as(what).isFalse();
      return;
    }
    String type = answer.headers().firstValue("Content-Type").orElseThrow().split(";")[0];
    JsonNode media = described.path("content").path(type);
    assertThat(media.has("schema")).as("%s as %s", what, type).isTrue();
    if (type.endsWith("json")) {
      JsonNode body = new JsonMapper().readTree(answer.body());
      assertThat(document.faults(media.get("schema"), body)).as(what).isEmpty();
    }
  }

  @Test
  void soAreThoseOfAServerThatIsNotReady() throws Exception {
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      Client client = new Client(server.uri());
      ApiDocument document = new ApiDocument(client.get("/openapi.json").body());
      assertDescribed(document, get("/v2/health/ready", 503), client.get("/v2/health/ready"));
      Sample predict = post("/predict", "image/png", "", 503);
      assertDescribed(document, predict, client.send(request(server, predict)));
    }
  }

  /** Whatever is asked without a key is 401, or the document says that it needs none. */
  @Test
  void whatNeedsAKeyIsSaidThere() throws Exception {
    Path keys = Files.writeString(folder.resolve("keys"), KEY + "\n");
    try (PredictionServer server = server(Optional.of(keys))) {
      Client client = new Client(server.uri());
      ApiDocument document = new ApiDocument(client.get("/openapi.json").body());
      for (String operation : document.operations()) {
        String[] words = operation.split(" ");
        boolean asks = words[0].equals("GET");
        Sample sample = asks ? get(words[1], 401) : post(words[1], "application/json", "{}", 401);
        if (document.statuses(operation).contains(401)) {
          assertDescribed(document, sample, client.send(request(server, sample)));
        } else {
          assertThat(client.send(request(server, sample)).statusCode()).isEqualTo(200);
        }
      }
    }
  }

  @Test
  void itsPageLoadsNothingFromElsewhere() throws Exception {
    try (PredictionServer server = server(Optional.empty())) {
      Client client = new Client(server.uri());
      for (String path : List.of("/openapi", "/openapi.js")) {
        HttpResponse<byte[]> file = client.get(path);
        assertThat(file.statusCode()).isEqualTo(200);
        assertThat(file.headers().firstValue("Content-Security-Policy").orElseThrow())
            .startsWith("default-src 'none'; script-src 'self'; ");
        assertThat(new String(file.body(), UTF_8))
            .doesNotContain("//cdn", "http:", "https:", "innerHTML", "eval(", " style=");
      }
    }
  }
}
