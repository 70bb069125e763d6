package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.http.RawConnection.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changed inference requests of the Open Inference Protocol over raw sockets, with a right one
 * behind each on its connection: no 500, no wrong numbers, no words of our insides. Each is a
 * function of the seed and its number ({@code -Dlapidary.fuzz.seed}, {@code
 * -Dlapidary.fuzz.count}).
 */
@ExtendWith(NoLeaks.class)
class InferenceFuzzTest {
  private static final int PLANE = TinyModels.SIDE * TinyModels.SIDE;
  private static final int MILLIS = 20_000;
  private static final Pattern INSIDES =
      Pattern.compile("(?:io\\.(?:netty|micronaut)|javax?\\.|ai\\.onnx|com\\.fasterxml|Exception)");

  @TempDir static Path folder;
  private static PredictionServer server;

  @BeforeAll
  static void start() throws Exception {
    TinyModels.write(folder);
    server =
        PredictionServer.bind(
            ServerSettings.local()
                .withLimits(
                    new ServerSettings.Limits(
                        1 << 20,
                        8,
                        64,
                        8 << 20,
                        1024,
                        dev.lapidary.core.image.ImageLimits.DEFAULT)));
    server.serve(folder, false, false, TritonClientTest::read);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private enum Verdict {
    WORKS,
    REFUSED,
    EITHER
  }

  /** What is sent, and what may be answered. */
  private record Sent(RawRequest request, Verdict verdict, float[] logits) {}

  /** A right request in its parts. */
  private static final class Parts {
    final int rows;
    final float[] logits;
    final byte[] data;
    String name = "input";
    String type = "FP32";
    String shape;
    long size;
    int lengthOff;
    String more = "";

    Parts(RandomGenerator r) {
      rows = 1 + r.nextInt(3);
      logits = new float[3 * rows];
      ByteBuffer bytes = ByteBuffer.allocate(4 * 3 * PLANE * rows).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < logits.length; i++) {
        logits[i] = r.nextInt(-8, 9) / 8f;
        for (int k = 0; k < PLANE; k++) {
          bytes.putFloat(logits[i]);
        }
      }
      data = bytes.array();
      shape = "[%d,3,8,8]".formatted(rows);
      size = data.length;
    }

    String json(String tensor) {
      return "{\"id\":\"x\",%s\"inputs\":[{\"name\":\"%s\",\"shape\":%s,\"datatype\":\"%s\",%s}]}"
          .formatted(more, name, shape, type, tensor);
    }

    RawRequest binary() {
      byte[] json =
          json("\"parameters\":{\"binary_data_size\":%d}".formatted(size)).getBytes(UTF_8);
      return post(join(json, data))
          .with("Inference-Header-Content-Length: " + (json.length + lengthOff));
    }

    RawRequest text() {
      StringBuilder list = new StringBuilder("[");
      ByteBuffer floats = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
      while (floats.hasRemaining()) {
        list.append(list.length() > 1 ? "," : "").append(floats.getFloat());
      }
      return post(json("\"data\":" + list + "]").getBytes(UTF_8));
    }

    RawRequest either(RandomGenerator r) {
      return r.nextBoolean() ? binary() : text();
    }

    Sent works(RawRequest request) {
      return new Sent(request, Verdict.WORKS, logits);
    }
  }

  private static RawRequest post(byte[] body) {
    return RawRequest.post("/v2/models/tiny/infer", "application/octet-stream", body);
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static Sent refused(RawRequest request) {
    return new Sent(request, Verdict.REFUSED, new float[0]);
  }

  private static Sent unclear(RawRequest request) {
    return new Sent(request, Verdict.EITHER, new float[0]);
  }

  @FunctionalInterface
  private interface Change {
    Sent make(Parts parts, RandomGenerator r);
  }

  private static <T> T pick(RandomGenerator r, List<T> all) {
    return all.get(r.nextInt(all.size()));
  }

  private static Map<String, Change> changes() {
    Map<String, Change> all = new TreeMap<>();
    all.put("right", (p, r) -> p.works(p.either(r)));
    all.put("chunked", (p, r) -> p.works(p.either(r).chunked(1 + r.nextInt(500), 7)));
    all.put("packed", (p, r) -> packed(p, p.either(r)));
    all.put("header's length", InferenceFuzzTest::headerLength);
    all.put("header's length, no number", InferenceFuzzTest::headerNumber);
    all.put("shape", InferenceFuzzTest::shape);
    all.put("size", InferenceFuzzTest::size);
    all.put("type", InferenceFuzzTest::type);
    all.put("name", InferenceFuzzTest::name);
    all.put("cut or longer", InferenceFuzzTest::length);
    all.put("bytes of JSON", InferenceFuzzTest::jsonBytes);
    all.put("structure", InferenceFuzzTest::structure);
    all.put("parameters", InferenceFuzzTest::parameters);
    all.put("outputs", InferenceFuzzTest::outputs);
    all.put("elements of BYTES", InferenceFuzzTest::texts);
    all.put("path", InferenceFuzzTest::path);
    all.put("repository", InferenceFuzzTest::repository);
    return all;
  }

  private static Sent packed(Parts p, RawRequest request) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(request.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return p.works(request.withBody(packed.toByteArray()).with("Content-Encoding: gzip"));
  }

  private static Sent headerLength(Parts p, RandomGenerator r) {
    p.lengthOff = pick(r, List.of(-1, 1, -20, 20, 700, 100_000));
    return refused(p.binary());
  }

  private static Sent headerNumber(Parts p, RandomGenerator r) {
    String wrong =
        pick(r, List.of("-1", "1e3", " ", "0x10", "999999999999999999999", "12,13", "%"));
    return refused(p.binary().replacing("Inference-Header-Content-Length", wrong));
  }

  private static Sent shape(Parts p, RandomGenerator r) {
    p.shape =
        pick(
            r,
            List.of(
                "[-1,3,8,8]",
                "[0,3,8,8]",
                "[3,8,8]",
                "[]",
                "[9223372036854775807,9223372036854775807]",
                "[4294967296,4294967296,3,8]",
                "[99999999999999999999]",
                "[1.5,3,8,8]",
                "[[1,3,8,8]]",
                "{\"a\":1}",
                "null",
                "\"1,3,8,8\"",
                "[%d,8,8,3]".formatted(p.rows),
                "[%d,1,3,8,8]".formatted(p.rows),
                "[%d,3,8,8]".formatted(p.rows + 1)));
    return refused(p.either(r));
  }

  private static Sent size(Parts p, RandomGenerator r) {
    p.size = pick(r, List.of(-1L, 0L, 1L, p.size - 1, p.size + 1, p.size - 4, 1L << 31, 1L << 62));
    return refused(p.binary());
  }

  private static Sent type(Parts p, RandomGenerator r) {
    p.type =
        pick(
            r,
            List.of(
                "fp32", "FP16", "BF16", "FP64", "INT32", "UINT64", "BOOL", "BYTES", "", "\\u0000"));
    return refused(p.either(r));
  }

  private static Sent name(Parts p, RandomGenerator r) {
    p.name = pick(r, List.of("", "Input", "input ", "\\ud800", "logits", "x".repeat(5000), "\\n"));
    return refused(p.either(r));
  }

  private static Sent length(Parts p, RandomGenerator r) {
    RawRequest right = p.either(r);
    byte[] body = right.body();
    int change = pick(r, List.of(-1, -4, -100, -768, 1, 4, 1000));
    return refused(right.withBody(Arrays.copyOf(body, body.length + change)));
  }

  private static Sent jsonBytes(Parts p, RandomGenerator r) {
    RawRequest right = p.binary();
    byte[] body = right.body().clone();
    int json = body.length - p.data.length;
    for (int i = 1 + r.nextInt(3); i > 0; i--) {
      body[r.nextInt(json)] = (byte) r.nextInt(256);
    }
    return unclear(right.withBody(body));
  }

  private static Sent structure(Parts p, RandomGenerator r) {
    String json =
        pick(
            r,
            List.of(
                "[".repeat(5000),
                "{\"inputs\":" + "[".repeat(100) + "]".repeat(100) + "}",
                "{\"a\":" + "{\"a\":".repeat(1000) + "1" + "}".repeat(1001),
                "{\"inputs\":[{\"data\":" + "[".repeat(40) + "1" + "]".repeat(40) + "}]}",
                "{\"inputs\":[],\"inputs\":[]}",
                "{\"inputs\":["
                    + "{\"name\":\"a\",\"shape\":[],\"datatype\":\"BOOL\"},".repeat(300)
                    + "1]}",
                "{\"id\":" + "1".repeat(3000) + "}",
                "\ufeff{}",
                "{\"inputs\":[{\"name\":\"input\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":["
                    + "9".repeat(2000)
                    + "]}]}",
                "{\"inputs\":[{\"name\":\"input\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[NaN]}]}",
                "",
                "null",
                "{}{}"));
    byte[] bytes = json.getBytes(UTF_8);
    return refused(
        post(r.nextInt(10) == 0 ? json.getBytes(java.nio.charset.StandardCharsets.UTF_16) : bytes));
  }

  private static Sent parameters(Parts p, RandomGenerator r) {
    p.more =
        "\"parameters\":"
            + pick(
                r,
                List.of(
                    "{\"priority\":99999999999999999999}",
                    "{\"sequence_id\":1,\"sequence_start\":true}",
                    "{\"x\":{\"y\":[1,2]},\"z\":null}"))
            + ",";
    return p.works(p.either(r));
  }

  private static Sent outputs(Parts p, RandomGenerator r) {
    p.more =
        "\"outputs\":["
            + pick(
                r,
                List.of(
                    "{\"name\":\"x\"}",
                    "{\"name\":\"logits\"},{\"name\":\"logits\"}",
                    "{\"name\":\"logits\",\"parameters\":{\"classification\":-1}}",
                    "{\"name\":\"logits\",\"parameters\":{\"classification\":1e3}}",
                    "{\"name\":\"logits\",\"parameters\":{\"binary_data\":\"yes\"}}",
                    "{\"name\":\"logits\",\"parameters\":[]}",
                    "{}",
                    "1"))
            + "],";
    return refused(p.either(r));
  }

  private static Sent texts(Parts p, RandomGenerator r) {
    p.type = "BYTES";
    p.shape = "[1]";
    byte[] element = new byte[20 + r.nextInt(50)];
    r.nextBytes(element);
    int length = pick(r, List.of(-1, 0, 1, element.length - 5, element.length + 1, 1 << 30));
    byte[] own =
        ByteBuffer.allocate(4 + element.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(length)
            .put(element)
            .array();
    byte[] json =
        p.json("\"parameters\":{\"binary_data_size\":%d}".formatted(own.length)).getBytes(UTF_8);
    return refused(post(join(json, own)).with("Inference-Header-Content-Length: " + json.length));
  }

  private static Sent path(Parts p, RandomGenerator r) {
    String path =
        pick(
            r,
            List.of(
                "/v2/models/tiny/versions/8/infer",
                "/v2/models/tiny/versions/%2e%2e/infer",
                "/v2/models/..%2f..%2fetc/infer",
                "/v2/models/%00/infer",
                "/v2/models//infer",
                "/v2/models/tiny/infer/",
                "/v2/models/" + "x".repeat(3000) + "/infer",
                "/v2/models/t%C3%BCny/infer",
                "/v2/infer"));
    Sent sent =
        new Sent(p.either(r).withStartLine("POST " + path + " HTTP/1.1"), Verdict.EITHER, p.logits);
    return path.endsWith("infer/") ? sent : refused(sent.request());
  }

  private static Sent repository(Parts p, RandomGenerator r) {
    String path =
        pick(
            r,
            List.of(
                "/v2/repository/models/tiny/unload",
                "/v2/repository/models/tiny/load",
                "/v2/repository/models/..%2f/load",
                "/v2/repository/index"));
    byte[] body = r.nextBoolean() ? "{\"ready\":[1]".getBytes(UTF_8) : p.data;
    return refused(RawRequest.post(path, "application/json", body));
  }

  @Test
  @Timeout(180)
  void noChangedRequestIsAnsweredWrongly() throws Exception {
    run(Long.getLong("lapidary.fuzz.seed", 1), Integer.getInteger("lapidary.fuzz.count", 400));
  }

  @Test
  @Tag("proof")
  void noneOfFiveThousandIsAnsweredWrongly() throws Exception {
    run(Long.getLong("lapidary.fuzz.seed", 2), 5000);
  }

  private static void run(long seed, int count) throws Exception {
    List<Map.Entry<String, Change>> changes = List.copyOf(changes().entrySet());
    List<String> failures = new ArrayList<>();
    Map<Integer, Integer> statuses = new TreeMap<>();
    PrintStream console = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, UTF_8));
    try {
      for (int i = 0; i < count; i++) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + i);
        Map.Entry<String, Change> change = changes.get(i % changes.size());
        Sent sent = change.getValue().make(new Parts(random), random);
        String fault = exchange(sent, new Parts(random), random.nextBoolean(), statuses);
        if (log.size() > 0) {
          fault += " log: " + log.toString(UTF_8);
          log.reset();
        }
        if (!fault.isEmpty()) {
          failures.add("seed " + seed + ", request " + i + ", " + change.getKey() + ": " + fault);
        }
      }
    } finally {
      System.setErr(console);
    }
    System.out.println("seed " + seed + ": " + count + " requests of /v2, statuses " + statuses);
    assertThat(failures).isEmpty();
    assertThat(statuses).containsKeys(200, 400, 403, 404);
  }

  private static String exchange(
      Sent sent, Parts next, boolean together, Map<Integer, Integer> statuses) throws Exception {
    try (RawConnection connection = new RawConnection(server.uri())) {
      byte[] probe = next.binary().bytes();
      byte[] wire = sent.request().bytes();
      connection.write(together ? join(wire, probe) : wire);
      Optional<Answer> first = connection.answer(false, MILLIS);
      if (first.isEmpty()) {
        return sent.verdict() == Verdict.WORKS ? "closed without an answer" : "";
      }
      statuses.merge(first.get().status(), 1, Integer::sum);
      String fault = fault(first.get(), sent.verdict(), sent.logits());
      if (!fault.isEmpty() || first.get().isLast()) {
        return fault;
      }
      if (!together) {
        connection.write(probe);
      }
      Optional<Answer> second = connection.answer(false, MILLIS);
      return second.isEmpty()
          ? "closed before the next request"
          : fault(second.get(), Verdict.WORKS, next.logits);
    }
  }

  private static String fault(Answer answer, Verdict verdict, float[] logits) throws IOException {
    int status = answer.status();
    if (INSIDES.matcher(answer.text()).find()) {
      return "it tells of our insides: " + answer.text();
    }
    if (status != 200 && (status < 400 || status > 499 || status == 429)) {
      return "status: " + answer.text();
    }
    if (verdict == (status == 200 ? Verdict.REFUSED : Verdict.WORKS)) {
      return "expected " + verdict + ": " + answer.text();
    }
    JsonNode json = answer.json();
    if (status != 200) {
      return json.path("error").asText().isEmpty() ? "no error: " + answer.text() : "";
    }
    JsonNode data = json.at("/outputs/0/data");
    for (int i = 0; verdict == Verdict.WORKS && i < logits.length; i++) {
      if (data.size() != logits.length || data.get(i).floatValue() != logits[i]) {
        return "other logits: " + answer.text();
      }
    }
    return "";
  }
}
