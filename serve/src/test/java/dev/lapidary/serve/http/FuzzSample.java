package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.runtime.TinyModels;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Images with names, and the three right requests that carry them.
 *
 * @param images files, each of a colour of its own
 * @param names as they must come back
 */
record FuzzSample(List<byte[]> images, List<String> names) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> NAMES =
      List.of(
          "a.png",
          "we\"ird.png",
          "C:\\new\\a.png",
          "na\u00efve \u00fc.png",
          "\u65e5\u672c \ud83d\ude00.png",
          "a;b=c,d.png",
          "100%.png",
          "'.png");

  static FuzzSample of(RandomGenerator random, int count) {
    List<byte[]> images = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(image(random));
      names.add(NAMES.get(random.nextInt(NAMES.size())));
    }
    return new FuzzSample(images, names);
  }

  static FuzzSample any(RandomGenerator random) {
    return of(random, 1 + random.nextInt(3));
  }

  static byte[] image(RandomGenerator random) {
    Color colour = new Color(random.nextInt(1 << 24));
    return TinyModels.png(colour, 4 + random.nextInt(9), 4 + random.nextInt(9));
  }

  byte[] first() {
    return images.get(0);
  }

  /** As a raw body's image is called. */
  FuzzSample unnamed() {
    return new FuzzSample(List.of(first()), List.of("0"));
  }

  RawRequest raw() {
    return RawRequest.post("/predict", "image/png", first());
  }

  RawRequest multipart() {
    return multipart("Xb0", body("Xb0"));
  }

  static RawRequest multipart(String boundary, byte[] body) {
    return RawRequest.post("/predict", "multipart/form-data; boundary=" + boundary, body);
  }

  /** Names as browsers write them. */
  byte[] body(String boundary) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int i = 0; i < images.size(); i++) {
      String name = names.get(i).replace("\"", "%22");
      part(
          body,
          boundary,
          "Content-Disposition: form-data; name=\"image\"; filename=\"%s\"".formatted(name)
              + "\r\nContent-Type: image/png",
          images.get(i));
    }
    return closed(body, boundary);
  }

  static void part(ByteArrayOutputStream to, String boundary, String headers, byte[] content) {
    to.writeBytes(("--" + boundary + "\r\n" + headers + "\r\n\r\n").getBytes(UTF_8));
    to.writeBytes(content);
    to.writeBytes("\r\n".getBytes(UTF_8));
  }

  static byte[] closed(ByteArrayOutputStream body, String boundary) {
    body.writeBytes(("--" + boundary + "--\r\n").getBytes(UTF_8));
    return body.toByteArray();
  }

  RawRequest json() {
    return json(jsonText());
  }

  static RawRequest json(String text) {
    return RawRequest.post("/predict", "application/json", text.getBytes(UTF_8));
  }

  String jsonText() {
    List<Map<String, String>> all = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      all.add(Map.of("b64", base64(images.get(i)), "name", names.get(i)));
    }
    try {
      return JSON.writeValueAsString(Map.of("images", all));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static String base64(byte[] image) {
    return Base64.getEncoder().encodeToString(image);
  }

  /** Where these bytes are in those, or -1. */
  static int find(byte[] all, byte[] part) {
    return new String(all, ISO_8859_1).indexOf(new String(part, ISO_8859_1));
  }
}
