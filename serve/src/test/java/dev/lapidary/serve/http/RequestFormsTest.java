package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.http.RawConnection.Answer;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients write in more than one way, and what they hear if it is wrong. */
@Timeout(60)
class RequestFormsTest {
  private static final Color RED = new Color(255, 40, 10);
  private static final byte[] IMAGE = TinyModels.png(RED, 8, 8);
  private static final ServerSettings.Limits LIMITS =
      new ServerSettings.Limits(100_000, 4, 64, 1_000_000, 1024, ImageLimits.DEFAULT);

  @TempDir static Path folder;
  private static PredictionServer server;

  @BeforeAll
  static void start() throws Exception {
    server = PredictionServer.bind(ServerSettings.local().withLimits(LIMITS));
    assertThat(server.serve(model())).isEmpty();
  }

  private static ServedModel model() throws Exception {
    return ModelLoader.load(TinyModels.write(folder), 1);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer ask(RawRequest request) throws Exception {
    return RawConnection.ask(server.uri(), request);
  }

  private static RawRequest raw() {
    return RawRequest.post("/predict", "image/png", IMAGE);
  }

  /** The name that the image has in the answer, which must have the image's classes. */
  private static String works(RawRequest request) throws Exception {
    Answer answer = ask(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode prediction = answer.json().at("/predictions/0");
    for (JsonNode c : prediction.get("classes")) {
      assertThat(c.get("probability").asDouble())
          .isCloseTo(TinyModels.probability(RED, c.get("index").asInt()), within(1e-5));
    }
    return prediction.get("image").asText();
  }

  private static Answer refused(RawRequest request, int status, String code, String detail)
      throws Exception {
    Answer answer = ask(request);
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).contains("application/problem+json");
    assertThat(answer.json().get("code").asText()).isEqualTo(code);
    assertThat(answer.json().get("detail").asText()).isEqualTo(detail);
    return answer;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"IMAGE/JPEG", "Image/Png; a=b", "application/Octet-Stream", "image/x-unknown;"})
  void aMediaTypeHasNoCase(String type) throws Exception {
    works(RawRequest.post("/predict", type, IMAGE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Multipart/Form-Data; Boundary=b",
        "multipart/form-data;boundary=\"b\";",
        "multipart/form-data; charset=UTF-8; boundary=b"
      })
  void soHasMultipart(String type) throws Exception {
    byte[] body = Client.multipart("b", "f", "a.png", IMAGE);
    assertThat(works(RawRequest.post("/predict", type, body))).isEqualTo("a.png");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Application/JSON; charset=UTF-8", "application/json; charset=\"us-ascii\""})
  void soHasJson(String type) throws Exception {
    works(RawRequest.post("/predict", type, json(base64())));
  }

  private static String base64() {
    return Base64.getEncoder().encodeToString(IMAGE);
  }

  private static byte[] json(String b64) {
    return "{\"images\":[{\"b64\":\"%s\"}]}"
        .formatted(b64.replace("\r\n", "\\r\\n"))
        .getBytes(UTF_8);
  }

  @Test
  void base64IsTakenAsClientsWriteIt() throws Exception {
    String standard = base64();
    for (String text :
        new String[] {
          "data:image/png;base64," + standard,
          Base64.getUrlEncoder().encodeToString(IMAGE),
          Base64.getUrlEncoder().withoutPadding().encodeToString(IMAGE),
          Base64.getMimeEncoder().encodeToString(IMAGE)
        }) {
      works(RawRequest.post("/predict", "application/json", json(text)));
    }
    Answer plain = ask(RawRequest.post("/predict", "application/json", json("data:image/png,abc")));
    assertThat(plain.status()).isEqualTo(422);
    assertThat(plain.json().at("/predictions/0/error/message").asText())
        .isEqualTo("its \"b64\" is a data URL without base64, expected data:image/...;base64,...");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "filename=\"we%22ird.png\" | we\"ird.png",
        "filename=\"we\\\"ird.png\" | we\"ird.png",
        "filename=\"C:\\new\\a.png\" | C:\\new\\a.png",
        "filename=\"a;b=c,d:e.png\" | a;b=c,d:e.png",
        "filename=\"日本 ü.png\" | 日本 ü.png",
        "filename=\"a\"; | a",
        "filename=a.png | a.png",
        "filename*=UTF-8''na%C3%AFve%20%22.png | naïve \".png",
        "filename=\"a.png\"; filename*=utf-8'de'%e2%82%ac.png | €.png",
        "filename*=UTF-8''%zz; filename=a.png | a.png",
        "filename*=UTF-8''a%-0b; filename=a.png | a.png",
        "filename*=UTF-8''a+%2Bb.png | a++b.png",
      })
  void aFileNameComesBackWhole(String parameters, String name) throws Exception {
    assertThat(works(part("Content-Disposition: form-data; name=\"image\"; " + parameters)))
        .isEqualTo(name);
  }

  private static RawRequest part(String header) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    FuzzSample.part(body, "b", header, IMAGE);
    return FuzzSample.multipart("b", FuzzSample.closed(body, "b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "X: y | has no Content-Disposition in part 0",
        "Content-Disposition | has a header line without a name and a colon in part 0",
        "Content-Disposition: form-data; filename | has a wrong Content-Disposition in part 0:"
            + " the parameter 'filename' has no '='",
        "Content-Disposition: form-data; filename=\"a | has a wrong Content-Disposition in part 0:"
            + " a quote is not closed",
        "Content-Disposition: attachment; filename=a | has a Content-Disposition other than"
            + " form-data in part 0",
        "Content-Disposition: form-data; filename*=b | has a filename* that is not"
            + " UTF-8''percent-encoded (RFC 8187)",
      })
  void aWrongPartIsNamed(String header, String reason) throws Exception {
    refused(part(header), 400, "invalid_multipart", "the multipart body " + reason);
  }

  @Test
  void nestedAndEncodedPartsAreRefused() throws Exception {
    String file = "Content-Disposition: form-data; filename=a\r\n";
    refused(
        part(file + "Content-Type: multipart/mixed; boundary=i"),
        400,
        "invalid_multipart",
        "the multipart body nests another in part 0; send each file as a part of its own");
    refused(
        part(file + "Content-Transfer-Encoding: base64"),
        400,
        "invalid_multipart",
        "the multipart body has a Content-Transfer-Encoding in part 0; send the file's bytes as"
            + " they are");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'' | expected boundary= with 1 to 70 characters of ASCII but found ''",
        "; boundary= | expected boundary= with 1 to 70 characters of ASCII but found ''",
        "; boundary | the parameter 'boundary' has no '='",
        "; boundary=X; charset=foo | there is no charset 'foo', expected none or UTF-8",
      })
  void aBoundaryIsNeeded(String parameters, String reason) throws Exception {
    String type = "multipart/form-data" + (parameters.equals("''") ? "" : parameters);
    refused(
        RawRequest.post("/predict", type, IMAGE),
        400,
        "invalid_multipart",
        "the Content-Type multipart/form-data is wrong: " + reason);
  }

  @Test
  void aCutMultipartBodyIsNoBody() throws Exception {
    byte[] body = Client.multipart("b", "f", "a.png", IMAGE);
    refused(
        FuzzSample.multipart("b", Arrays.copyOf(body, body.length - 6)),
        400,
        "invalid_multipart",
        "the multipart body ends within part 0, before --boundary--");
    refused(
        FuzzSample.multipart("c", body),
        400,
        "invalid_multipart",
        "the multipart body has no line --boundary");
  }

  @Test
  void aPackedBodyIsUnpackedOrRefused() throws Exception {
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(IMAGE);
    }
    byte[] packed = gzip.toByteArray();
    works(raw().withBody(packed).with("Content-Encoding: GZip"));
    for (boolean nowrap : new boolean[] {true, false}) {
      ByteArrayOutputStream deflate = new ByteArrayOutputStream();
      try (DeflaterOutputStream out = new DeflaterOutputStream(deflate, new Deflater(9, nowrap))) {
        out.write(IMAGE);
      }
      works(raw().withBody(deflate.toByteArray()).with("Content-Encoding: deflate"));
    }
    String damaged =
        "the body is not whole gzip, as its Content-Encoding says; is it damaged or not packed?";
    byte[] cut = Arrays.copyOf(packed, packed.length - 3);
    byte[] more = Arrays.copyOf(packed, packed.length + 3);
    for (byte[] wrong : new byte[][] {IMAGE, cut, more, {}}) {
      RawRequest request = raw().withBody(wrong).with("Content-Encoding: gzip");
      refused(request, 400, "invalid_content_encoding", damaged);
    }
    Answer unknown =
        refused(
            raw().with("Content-Encoding: zstd"),
            415,
            "unsupported_content_encoding",
            "expected gzip, deflate or identity but the Content-Encoding is zstd");
    assertThat(unknown.header("Accept-Encoding")).contains("gzip, deflate, identity");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "topk=1 | there is no query parameter 'topk', expected topK or threshold or heads",
        "topK=1&topK=2 | the query parameter topK is there twice, expected once",
        "topK=one | topK must be a whole number in 1..2147483647 but is 'one'",
        "topK=%2B1 | topK must be a whole number in 1..2147483647 but is '+1'",
        "topK= | topK must be a whole number in 1..2147483647 but is ''",
        "threshold=0.5f | threshold must be a number in 0..1 but is '0.5f'",
      })
  void aWrongParameterIsNamed(String query, String detail) throws Exception {
    RawRequest request = RawRequest.post("/predict?" + query, "image/png", IMAGE);
    refused(request, 400, "invalid_parameter", detail);
  }

  @Test
  void aTargetThatIsNotEncodedIsRefused() throws Exception {
    refused(
        RawRequest.post("/predict?topK=%zz", "image/png", IMAGE),
        400,
        "bad_request",
        "the request's target is no URI; is all of it percent-encoded (RFC 3986)?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"images\":{}} | has another type of value in images at line 1, column 11",
        "{\"images\":[{\"b64\":5}]} | has another type of value in images[0].b64 at line 1, column"
            + " 19",
        "{\"images\":[} | is not JSON at line 1, column 12",
        "{\"images\":[],\"images\":[]} | is not JSON at line 1, column 22",
        "[[[[[[[[[[[[[[[[[[ | has another type of value, or nothing, or more than one value"
            + " at line 1, column 1",
      })
  void wrongJsonIsNamedInOurWords(String body, String reason) throws Exception {
    refused(
        RawRequest.post("/predict", "application/json", body.getBytes(UTF_8)),
        400,
        "invalid_json",
        "expected {\"images\":[{\"b64\":\"...\"}]} but the body " + reason);
  }

  @Test
  void aNameThatIsNoUnicodeIsRefused() throws Exception {
    String body = "{\"images\":[{\"b64\":\"" + base64() + "\",\"name\":\"\\ud800\"}]}";
    refused(
        RawRequest.post("/predict", "application/json", body.getBytes(UTF_8)),
        400,
        "invalid_json",
        "images[0].name is not Unicode: it has half of a surrogate pair");
  }

  @Test
  void anotherMethodHearsWhichIsRight() throws Exception {
    for (String method : new String[] {"GET", "PUT", "DELETE", "OPTIONS", "BREW"}) {
      Answer answer =
          refused(
              RawRequest.of(method, "/predict"),
              405,
              "method_not_allowed",
              "the method is wrong here, expected POST");
      assertThat(answer.header("Allow")).contains("POST");
    }
    Answer head = ask(RawRequest.of("HEAD", "/predict"));
    assertThat(head.status()).isEqualTo(405);
    assertThat(head.header("Allow")).contains("POST");
  }

  @Test
  void whatIsTooLongIsNamed() throws Exception {
    String much = "a".repeat(10_000);
    refused(
        RawRequest.post("/predict?" + much, "image/png", IMAGE),
        414,
        "request_uri_too_long",
        "the request line is too long");
    refused(
        raw().with("X: " + much),
        431,
        "request_header_fields_too_large",
        "the headers are too long together");
  }

  @Test
  void aPageOfAnotherOriginHearsWhy() throws Exception {
    refused(
        raw().with("Origin: http://elsewhere.example"),
        403,
        "cross_origin",
        "a page of another origin asked (its header Origin), and a server on a loopback address"
            + " answers pages of localhost only; ask from there, or without a browser");
    works(raw().with("Origin: http://localhost:3000"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Host: other | there are 2 headers Host, expected one",
        "Transfer-Encoding: gzip | the Transfer-Encoding is not chunked; say how it is packed by"
            + " Content-Encoding",
      })
  void aMalformedHeadEndsTheConnection(String header, String reason) throws Exception {
    Answer answer =
        refused(raw().with(header), 400, "bad_request", "the request is not HTTP/1.1: " + reason);
    assertThat(answer.isLast()).isTrue();
  }

  /** The image is whole when its chunks break: without a check it would be answered. */
  @Test
  void brokenChunksAreNoBodyAndEndTheConnection() throws Exception {
    RawRequest whole = raw().chunked();
    String body = new String(whole.body(), ISO_8859_1);
    byte[] broken = (body.substring(0, body.length() - 5) + "zz\r\n\r\n").getBytes(ISO_8859_1);
    Answer answer =
        refused(
            new RawRequest(whole.startLine(), whole.headers(), broken),
            400,
            "malformed_body",
            "the body is not in chunks as its Transfer-Encoding says (RFC 9112 section 7.1)");
    assertThat(answer.isLast()).isTrue();
  }

  @Test
  void brokenChunksAfterTheAnswerEndTheConnection() throws Exception {
    try (RawConnection connection = new RawConnection(server.uri())) {
      RawRequest text = RawRequest.post("/predict", "text/plain", new byte[0]).chunked();
      connection.write(new RawRequest(text.startLine(), text.headers(), new byte[0]).bytes());
      assertThat(connection.answer().orElseThrow().status()).isEqualTo(415);
      connection.write("zz\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(connection.answer()).isEmpty();
    }
  }

  @Test
  void aClientThatAsksBeforeItSendsIsToldToSend() throws Exception {
    Client client = new Client(server.uri());
    for (int i = 0; i < 3; i++) { // the last answer leaves the connection as it should be
      assertThat(
              client
                  .send(
                      client
                          .request("/predict", "image/png")
                          .expectContinue(true)
                          .POST(BodyPublishers.ofByteArray(IMAGE)))
                  .statusCode())
          .isEqualTo(200);
    }
    try (RawConnection connection = new RawConnection(server.uri())) {
      RawRequest text =
          RawRequest.post("/predict", "text/plain", IMAGE).with("Expect: 100-continue");
      connection.write(new RawRequest(text.startLine(), text.headers(), new byte[0]).bytes());
      assertThat(connection.answer().orElseThrow().status()).isEqualTo(415);
    }
  }

  @Test
  void theRuntimesWordsGoToTheLogAlone() throws Exception {
    ServedModel tiny = model();
    ServedModel failing =
        tiny.withNetwork(
            (inputs, count) -> {
              if (inputs.get(0) < 1) { // only the golden image, whose red is 250
                return tiny.network().run(inputs, count);
              }
              throw new IllegalStateException("ai.onnxruntime: node Conv_7 of /secret/model.onnx");
            });
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream console = System.err;
    System.setErr(new PrintStream(log, true, UTF_8));
    try (PredictionServer other = PredictionServer.bind(ServerSettings.local())) {
      assertThat(other.serve(failing)).isEmpty();
      Answer answer = RawConnection.ask(other.uri(), raw());
      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.json().at("/predictions/0/error").toString())
          .isEqualTo(
              "{\"code\":\"inference_failed\",\"message\":\"the network failed on this image; the"
                  + " server's log says why\"}");
    } finally {
      System.setErr(console);
    }
    assertThat(log.toString(UTF_8)).contains("node Conv_7");
  }
}
