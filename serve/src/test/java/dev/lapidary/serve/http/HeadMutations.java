package dev.lapidary.serve.http;

import static dev.lapidary.serve.http.MutatedRequest.either;
import static dev.lapidary.serve.http.MutatedRequest.pick;
import static dev.lapidary.serve.http.MutatedRequest.refused;
import static dev.lapidary.serve.http.MutatedRequest.works;

import dev.lapidary.serve.http.MutatedRequest.Mutation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Changes of the request line and the headers. */
final class HeadMutations {
  private HeadMutations() {}

  private static final List<String> WRONG_LINES =
      List.of(
          "POST /predict HTTP/2.0",
          "POST /predict HTTP/0.9",
          "POST /predict HTTP/11.1",
          "POST /predict HTTPS/1.1",
          "POST /predict HTTP/1.1 x",
          "POST /predict HTTP/1.",
          "POST /predict",
          "POST  HTTP/1.1",
          "POST",
          "P@ST(/predict HTTP/1.1",
          "POST /pre dict HTTP/1.1",
          "POST /predict\u0000 HTTP/1.1",
          "\u0016\u0003\u0001\u0002\u0000\u0001\u0000",
          "GET / HTTP/9.9",
          ":");

  private static final List<String> WRONG_TARGETS =
      List.of(
          "/predict?topk=1",
          "/predict?TOPK=1",
          "/predict?top_k=1",
          "/predict?topK=1&topK=1",
          "/predict?topK=1&topK=2",
          "/predict?topK=",
          "/predict?topK",
          "/predict?topK=0",
          "/predict?topK=-1",
          "/predict?topK=1.5",
          "/predict?topK=1e1",
          "/predict?topK=0x1",
          "/predict?topK=+1",
          "/predict?topK=%31%zz",
          "/predict?topK=%",
          "/predict?topK=%3",
          "/predict?topK=%00",
          "/predict?topK=99999999999999999999999999",
          "/predict?topK=2147483648",
          "/predict?topK=%D9%A1", // a digit, in Arabic
          "/predict?topK=1;threshold=0",
          "/predict?threshold=NaN",
          "/predict?threshold=2",
          "/predict?threshold=-0.1",
          "/predict?threshold=0.5f",
          "/predict?threshold=0x1p-1",
          "/predict?threshold=1e400",
          "/predict?threshold=0,5",
          "/predict?threshold=.",
          "/predict?unknown=1",
          "/predict?topK=1&x",
          "/predict?%74opk=1",
          "/predict?\u00ff=1",
          "/predict?a[]={}|^`",
          "/predict?topK=\"1\"",
          "/predict%",
          "/predict%zz",
          "/predict/../predict/x",
          "/Predict",
          "/predict;a=b",
          "/nowhere",
          "//predict",
          "*",
          "predict",
          "http://[/predict",
          "http://",
          "/v2/health/live",
          "/v2/models/a/infer",
          "/..%2f..%2fetc/passwd");

  static List<Mutation> all() {
    return List.of(
        new Mutation("nothing", r -> any(r, q -> q)),
        new Mutation(
            "another request line",
            r -> refused(FuzzSample.of(r, 1).raw().withStartLine(pick(r, WRONG_LINES)))),
        new Mutation("another target", HeadMutations::target),
        new Mutation("a right target", HeadMutations::rightTarget),
        new Mutation("another version", HeadMutations::version),
        new Mutation("another method", HeadMutations::method),
        new Mutation("a long line", HeadMutations::longLine),
        new Mutation("a long header", HeadMutations::longHeader),
        new Mutation("right headers", r -> any(r, q -> rightHeader(r, q))),
        new Mutation("headers in another order", r -> any(r, q -> shuffled(r, q))),
        new Mutation("a wrong header", HeadMutations::wrongHeader),
        new Mutation("a strange header", HeadMutations::strangeHeader),
        new Mutation("a wrong host", HeadMutations::host),
        new Mutation("a wrong length", HeadMutations::length),
        new Mutation("a longer or shorter length", HeadMutations::lengthOff),
        new Mutation("another origin", HeadMutations::origin),
        new Mutation("a wrong deadline", HeadMutations::deadline),
        new Mutation("a right media type", HeadMutations::rightType),
        new Mutation("a wrong media type", HeadMutations::wrongType));
  }

  private interface Edit {
    RawRequest of(RawRequest request);
  }

  /** Any of the three forms, which the edit leaves right. */
  private static MutatedRequest any(RandomGenerator r, Edit edit) {
    FuzzSample sample = FuzzSample.any(r);
    return switch (r.nextInt(3)) {
      case 0 -> works(edit.of(sample.raw()), sample.unnamed());
      case 1 -> works(edit.of(sample.multipart()), sample);
      default -> works(edit.of(sample.json()), sample);
    };
  }

  private static MutatedRequest target(RandomGenerator r) {
    RawRequest request = FuzzSample.of(r, 1).raw();
    return refused(request.withStartLine("POST " + pick(r, WRONG_TARGETS) + " HTTP/1.1"));
  }

  private static MutatedRequest rightTarget(RandomGenerator r) {
    String target =
        pick(
            r,
            List.of(
                "/predict?",
                "/predict?&&",
                "/predict?topK=3",
                "/predict?topK=%33",
                "/predict?%74opK=003",
                "/predict?threshold=0&topK=2147483647",
                "/predict?threshold=0.0e5",
                "http://localhost/predict",
                "http://localhost:80/predict?topK=3"));
    return any(r, q -> q.withStartLine("POST " + target + " HTTP/1.1"));
  }

  private static MutatedRequest version(RandomGenerator r) {
    return switch (r.nextInt(4)) {
      case 0 -> any(r, q -> q.withStartLine("POST /predict HTTP/1.0"));
      case 1 ->
          any(r, q -> q.withStartLine("POST /predict HTTP/1.0").with("Connection: keep-alive"));
      case 2 -> any(r, q -> q.withStartLine("POST /predict HTTP/1.7"));
      default -> any(r, q -> q.with("Connection: close"));
    };
  }

  private static MutatedRequest method(RandomGenerator r) {
    List<String> methods =
        List.of(
            "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO", "post", "PRI",
            "CONNECT");
    RawRequest request = FuzzSample.of(r, 1).raw();
    return refused(request.withStartLine(pick(r, methods) + " /predict HTTP/1.1"));
  }

  private static MutatedRequest longLine(RandomGenerator r) {
    String much = "a".repeat(4000 + r.nextInt(100_000));
    return refused(
        FuzzSample.of(r, 1).raw().withStartLine("POST /predict?x=" + much + " HTTP/1.1"));
  }

  private static MutatedRequest longHeader(RandomGenerator r) {
    RawRequest request = FuzzSample.of(r, 1).raw();
    int length = 8200 + r.nextInt(100_000);
    return switch (r.nextInt(3)) {
      case 0 -> refused(request.with("X-Much: " + "a".repeat(length)));
      case 1 -> refused(request.with("X" + "a".repeat(length) + ": b"));
      default -> {
        List<String> many = new ArrayList<>(request.headers());
        many.addAll(Collections.nCopies(length / 8, "X-A: bcd"));
        yield refused(request.withHeaders(many));
      }
    };
  }

  private static RawRequest rightHeader(RandomGenerator r, RawRequest request) {
    return request.with(
        pick(
            r,
            List.of(
                "Expect: 100-continue",
                "Accept: */*",
                "Accept: application/*;q=0.5, text/html",
                "Accept: text/html",
                "Accept: ;;,,=\"/",
                "Accept-Language: ;;=;;--",
                "Accept-Charset: foo;;",
                "Cookie: ;;=\"\u00ff",
                "Authorization: Basic !!!",
                "Connection: keep-alive",
                "Upgrade: websocket",
                "Upgrade: h2c",
                "Range: bytes=0-5",
                "If-Match: *",
                "If-Modified-Since: yesterday",
                "Forwarded: for=;;;host=\"",
                "X-Forwarded-Host: a b c",
                "X-Forwarded-Proto: \u00e4",
                "X-Empty:",
                "Content-Encoding: identity",
                "Content-Encoding:",
                "Origin: http://localhost:3000",
                "X-Deadline-Ms: 20000")));
  }

  private static RawRequest shuffled(RandomGenerator r, RawRequest request) {
    List<String> headers = new ArrayList<>();
    for (String header : request.headers()) {
      int colon = header.indexOf(':');
      String name = header.substring(0, colon);
      String spaces = " ".repeat(r.nextInt(4));
      String spelt =
          switch (r.nextInt(3)) {
            case 0 -> name.toLowerCase(Locale.ROOT);
            case 1 -> name.toUpperCase(Locale.ROOT);
            default -> name;
          };
      headers.add(spelt + ":" + spaces + header.substring(colon + 1).strip() + spaces);
    }
    Collections.shuffle(headers, new Random(r.nextLong()));
    return request.withHeaders(headers);
  }

  private static MutatedRequest wrongHeader(RandomGenerator r) {
    return refused(
        FuzzSample.of(r, 1)
            .raw()
            .with(
                pick(
                    r,
                    List.of(
                        "no colon",
                        ": no name",
                        "spa ce: a",
                        "Space : a",
                        "Nul\u0000: a",
                        "Nul: \u0000",
                        "Content-Type: image/jpeg",
                        "Content-Length: 5",
                        "Transfer-Encoding: chunked",
                        "Transfer-Encoding: gzip",
                        "Transfer-Encoding: x",
                        "Transfer-Encoding: identity",
                        "Content-Encoding: br",
                        "Content-Encoding: zstd",
                        "Content-Encoding: gzip",
                        "Content-Encoding: deflate",
                        "Content-Encoding: gzip, identity",
                        "Content-Encoding: snappy",
                        "Content-Encoding: \"gzip\""))));
  }

  private static MutatedRequest strangeHeader(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1).unnamed();
    String strange =
        pick(
            r,
            List.of(
                "Expect: magic",
                "Accept: /",
                "Connection: close, Content-Length",
                "Connection: upgrade",
                "Upgrade: \u00ff",
                "HTTP2-Settings: ===",
                "Bare: a\rb",
                "Fold: a\r\n b",
                "High: \u00e4\u00ff",
                "Trailer: Content-Length",
                "TE: trailers, chunked;q=x"));
    return either(sample.raw().with(strange), sample);
  }

  private static MutatedRequest host(RandomGenerator r) {
    RawRequest request = FuzzSample.of(r, 1).raw();
    List<String> wrong =
        List.of("a b", "a/b", "a\u00e9", "[::1", "user@host", "h:p", "<a>", "a,b?");
    return switch (r.nextInt(3)) {
      case 0 -> refused(request.without("Host"));
      case 1 -> refused(request.with("Host: localhost"));
      default -> refused(request.replacing("Host", pick(r, wrong)));
    };
  }

  private static MutatedRequest length(RandomGenerator r) {
    RawRequest request = FuzzSample.of(r, 1).raw();
    int right = request.body().length;
    List<String> wrong =
        List.of(
            "abc",
            "-1",
            "+" + right,
            "0x10",
            right + ".0",
            "1 2",
            "99999999999999999999",
            "9223372036854775807",
            "1000000000",
            right + "," + (right + 1),
            "\u0661");
    return refused(request.replacing("Content-Length", pick(r, wrong))).unframed();
  }

  private static MutatedRequest lengthOff(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1).unnamed();
    int right = sample.first().length;
    int other = Math.max(0, right + r.nextInt(-20, 20));
    byte[] cut = Arrays.copyOf(sample.first(), Math.min(other, right));
    FuzzSample seen = new FuzzSample(List.of(sample.first(), cut), List.of("0", "0"));
    // Told to wait no longer for what never comes.
    RawRequest request = sample.raw().with("X-Deadline-Ms: 200");
    return either(request.replacing("Content-Length", Integer.toString(other)), seen).unframed();
  }

  private static MutatedRequest origin(RandomGenerator r) {
    List<String> others =
        List.of(
            "http://evil.example", "null", "https://127.0.0.1.evil.example", "%%%", "a b", "//");
    return refused(FuzzSample.of(r, 1).raw().with("Origin: " + pick(r, others)));
  }

  private static MutatedRequest deadline(RandomGenerator r) {
    List<String> wrong = List.of("", "0", "-5", "1.5", "soon", "600001", "9".repeat(40), "\u00b2");
    RawRequest request = FuzzSample.of(r, 1).raw();
    return r.nextInt(5) == 0
        ? refused(request.with("X-Deadline-Ms: 9000").with("X-Deadline-Ms: 9000"))
        : refused(request.with("X-Deadline-Ms: " + pick(r, wrong)));
  }

  private static MutatedRequest rightType(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    List<String> raw =
        List.of(
            "IMAGE/JPEG",
            "Image/X",
            "image/png; q=1",
            "image/png;;",
            "image/png; =",
            "Application/Octet-Stream",
            "application/octet-stream ;charset=binary",
            "image/svg+xml");
    List<String> json =
        List.of(
            "Application/JSON; charset=UTF-8",
            "APPLICATION/JSON",
            "application/json;charset=\"utf-8\"",
            "application/json ; ",
            "application/json; Charset=us-ascii");
    List<String> multipart =
        List.of(
            "Multipart/Form-Data; Boundary=Xb0",
            "multipart/form-data; boundary=\"Xb0\"",
            "multipart/form-data;BOUNDARY=Xb0;",
            "multipart/form-data; charset=utf-8; boundary=Xb0",
            "multipart/form-data ; ; boundary = Xb0 ; a=b");
    return switch (r.nextInt(3)) {
      case 0 -> works(sample.raw().replacing("Content-Type", pick(r, raw)), sample.unnamed());
      case 1 -> works(sample.multipart().replacing("Content-Type", pick(r, multipart)), sample);
      default -> works(sample.json().replacing("Content-Type", pick(r, json)), sample);
    };
  }

  private static MutatedRequest wrongType(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    List<String> types =
        List.of(
            "",
            ";",
            "text/plain",
            "image",
            "images/png",
            "multipart/mixed; boundary=Xb0",
            "multipart/form-data",
            "multipart/form-data;",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"Xb0",
            "multipart/form-data; boundary=Xb0; boundary=Xb0",
            "multipart/form-data; boundary=Xb0; charset=foo",
            "multipart/form-data; boundary=Xb0; charset=\"\u0000\"",
            "multipart/form-data; boundary=Xb0; charset=",
            "multipart/form-data; boundary=" + "X".repeat(71),
            "multipart/form-data; boundary=\u00fc",
            "multipart/form-data; boundary=Xb",
            "multipart/form-data; boundary=Xb01",
            "multipart/form-data, boundary=Xb0",
            "multipart/form-data boundary=Xb0",
            "application/json; charset=utf-16",
            "application/json; charset",
            "application/json",
            "application/x-www-form-urlencoded",
            "*/*",
            "\u00ff/\u00ff");
    RawRequest request =
        r.nextInt(8) == 0
            ? sample.multipart().without("Content-Type")
            : sample.multipart().replacing("Content-Type", pick(r, types));
    return refused(request);
  }
}
