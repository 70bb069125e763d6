package dev.lapidary.serve.http;

import static dev.lapidary.serve.http.MutatedRequest.either;
import static dev.lapidary.serve.http.MutatedRequest.pick;
import static dev.lapidary.serve.http.MutatedRequest.refused;
import static dev.lapidary.serve.http.MutatedRequest.works;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.serve.http.MutatedRequest.Mutation;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;

/** Changes of multipart bodies and of JSON. */
final class FormMutations {
  private FormMutations() {}

  /**
   * A content disposition and the name that it gives.
   *
   * @param header each character a byte
   */
  private record Named(String header, String name) {}

  private static final List<Named> RIGHT_PARTS =
      List.of(
          new Named("Content-Disposition: form-data; filename=\"a\"; ", "a"),
          new Named("content-disposition:form-data;filename=a.png", "a.png"),
          new Named("CONTENT-DISPOSITION: FORM-DATA; FILENAME=\"a\"", "a"),
          new Named("Content-Disposition: form-data; name=i; filename = \"a\" ;;", "a"),
          new Named("Content-Disposition: form-data; name=\"i\"; filename=\"\"", "0"),
          new Named("Content-Disposition: form-data; filename=\"a\\\"b\"", "a\"b"),
          new Named("Content-Disposition: form-data; filename=\"a%22b\"", "a\"b"),
          new Named(
              "Content-Disposition: form-data; filename=\"C:\\new\\a.png\"", "C:\\new\\a.png"),
          new Named("Content-Disposition: form-data; filename=\"a\\\\b\"", "a\\b"),
          new Named("Content-Disposition: form-data; filename=\"a;b=c,d:e\"", "a;b=c,d:e"),
          new Named("Content-Disposition: form-data; filename=\"\u00c3\u00a4\"", "\u00e4"),
          new Named("Content-Disposition: form-data; filename=\"\u00e4\"", "\u00e4"), // Latin-1
          new Named("Content-Disposition: form-data; filename*=UTF-8''na%C3%AFve", "na\u00efve"),
          new Named("Content-Disposition: form-data; filename*=utf-8'de'%e2%82%ac", "\u20ac"),
          new Named("Content-Disposition: form-data; filename*=ISO-8859-1''%e4", "\u00e4"),
          new Named("Content-Disposition: form-data; filename=a; filename*=UTF-8''b", "b"),
          new Named("Content-Disposition: form-data; filename*=UTF-8''%zz; filename=a", "a"),
          new Named("Content-Disposition: form-data; filename*=x''b; filename=a", "a"),
          new Named("Content-Disposition: form-data;\r\n filename=\"a\"", "a"),
          new Named("Content-Disposition: form-data; filename=a\r\nX: \u00ff\u00fe", "a"),
          new Named("Content-Disposition: form-data; filename=a\r\nContent-Type: ;;;", "a"),
          new Named(
              "Content-Disposition: form-data; filename=a\r\nContent-Type: x/y; charset=foo", "a"),
          new Named("Content-Disposition: form-data; filename=a\r\nContent-Length: 7", "a"),
          new Named(
              "Content-Disposition: form-data; filename=a\r\nContent-Transfer-Encoding: 8BIT",
              "a"));

  private static final List<String> WRONG_PARTS =
      List.of(
          "",
          "X: y",
          "Content-Disposition",
          "Content-Disposition:",
          "Content-Disposition: ;",
          "Content-Disposition: form-data",
          "Content-Disposition: form-data; name=image",
          "Content-Disposition: form-data; filename",
          "Content-Disposition: form-data; =a",
          "Content-Disposition: form-data; filename=\"a",
          "Content-Disposition: form-data; filename=\"a\"b",
          "Content-Disposition: form-data; filename=a; filename=b",
          "Content-Disposition: form-data; filename*=b",
          "Content-Disposition: form-data; filename*=x''b",
          "Content-Disposition: form-data; filename*=UTF-8''%",
          "Content-Disposition: form-data; filename*=UTF-8''%ed%a0%80",
          "Content-Disposition: attachment; filename=a",
          "Content-Disposition: form-data, filename=a",
          "Content-Disposition: form-data; filename=a\r\nContent-Disposition: form-data; filename=b",
          "Content-Disposition: form-data; filename=a\r\nno colon",
          "Content-Disposition: form-data; filename=a\r\n: no name",
          "Content-Disposition: form-data; filename=a\r\nX: a\nY: b",
          "Content-Disposition: form-data; filename=a\r\nContent-Transfer-Encoding: base64",
          "Content-Disposition: form-data; filename=a\r\nContent-Transfer-Encoding: x",
          "Content-Disposition: form-data; filename=a\r\nContent-Type: multipart/mixed; boundary=i",
          "Content-Disposition: form-data; filename=a\r\nContent-Type: Multipart/Mixed");

  static List<Mutation> all() {
    return List.of(
        new Mutation("a right part header", FormMutations::rightPart),
        new Mutation("a wrong part header", FormMutations::wrongPart),
        new Mutation("a long part header", FormMutations::longPart),
        new Mutation("right multipart framing", FormMutations::rightFraming),
        new Mutation("wrong multipart framing", FormMutations::wrongFraming),
        new Mutation("too many parts", FormMutations::manyParts),
        new Mutation("a form's other fields", FormMutations::otherFields),
        new Mutation("changed bytes between parts", FormMutations::framingBytes),
        new Mutation("right base64", FormMutations::rightBase64),
        new Mutation("wrong base64", FormMutations::wrongBase64),
        new Mutation("right JSON", FormMutations::rightJson),
        new Mutation("wrong JSON", FormMutations::wrongJson),
        new Mutation("changed characters of JSON", FormMutations::jsonBytes),
        new Mutation("JSON's bytes", FormMutations::jsonEncoding));
  }

  private static MutatedRequest rightPart(RandomGenerator r) {
    byte[] image = FuzzSample.image(r);
    Named named = pick(r, RIGHT_PARTS);
    return works(
        onePart(named.header(), image), new FuzzSample(List.of(image), List.of(named.name())));
  }

  private static MutatedRequest wrongPart(RandomGenerator r) {
    return refused(onePart(pick(r, WRONG_PARTS), FuzzSample.image(r)));
  }

  private static MutatedRequest longPart(RandomGenerator r) {
    String much = "a".repeat(8200 + r.nextInt(30_000));
    String header = "Content-Disposition: form-data; filename=a";
    return refused(
        r.nextBoolean()
            ? onePart(header + much, FuzzSample.image(r))
            : onePart(header + "\r\nX: " + much, FuzzSample.image(r)));
  }

  private static RawRequest onePart(String header, byte[] image) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(("--b\r\n" + header + "\r\n\r\n").getBytes(ISO_8859_1));
    body.writeBytes(image);
    body.writeBytes("\r\n--b--\r\n".getBytes(ISO_8859_1));
    return FuzzSample.multipart("b", body.toByteArray());
  }

  private static MutatedRequest rightFraming(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    byte[] body = sample.body("Xb0");
    byte[] changed =
        switch (r.nextInt(6)) {
          case 0 -> join("preamble\r\n".getBytes(UTF_8), body);
          case 1 -> join("\r\n".getBytes(UTF_8), body);
          case 2 -> join(body, "epilogue --Xb0\r\n--Xb0\r\n".getBytes(UTF_8));
          case 3 -> Arrays.copyOf(body, body.length - 2); // no line end behind the last
          case 4 -> replaced(body, "--Xb0\r\n", "--Xb0 \t \r\n");
          default -> join("--Xb\r\n-\r\n".getBytes(UTF_8), body);
        };
    return works(FuzzSample.multipart("Xb0", changed), sample);
  }

  private static MutatedRequest wrongFraming(RandomGenerator r) {
    FuzzSample sample = FuzzSample.any(r);
    byte[] body = sample.body("Xb0");
    byte[] changed =
        switch (r.nextInt(9)) {
          case 0 -> new byte[0];
          case 1 -> Arrays.copyOf(body, body.length - 5 - r.nextInt(body.length - 5));
          case 2 -> replaced(body, "--Xb0\r\n", "--Xb0\n");
          case 3 -> replaced(body, "--Xb0\r\n", "--Xb0x\r\n");
          case 4 -> replaced(body, "--Xb0\r\n", "--Xb0\r\n\r\n");
          case 5 -> replaced(body, "\r\n--Xb0--", "\r\nXb0--");
          case 6 -> "--Xb0--\r\n".getBytes(UTF_8);
          case 7 -> join("--Xb0--\r\n".getBytes(UTF_8), body);
          default -> join("--Xb0\r\n".getBytes(UTF_8), body);
        };
    return refused(FuzzSample.multipart("Xb0", changed));
  }

  private static MutatedRequest manyParts(RandomGenerator r) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] image = FuzzSample.image(r);
    boolean files = r.nextBoolean();
    for (int i = 0; i < 9 + r.nextInt(5000); i++) {
      String name = files || i >= 100 ? "filename" : "name";
      FuzzSample.part(body, "b", "Content-Disposition: form-data; " + name + "=i", image);
    }
    return refused(FuzzSample.multipart("b", FuzzSample.closed(body, "b")));
  }

  private static MutatedRequest otherFields(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int i = 0; i < r.nextInt(8); i++) {
      FuzzSample.part(body, "Xb0", "Content-Disposition: form-data; name=topK", new byte[i]);
    }
    FuzzSample.part(
        body, "Xb0", "Content-Disposition: form-data; name=f; filename=\"\"", new byte[0]);
    body.writeBytes(sample.body("Xb0"));
    return works(FuzzSample.multipart("Xb0", body.toByteArray()), sample);
  }

  /** Anywhere but within images. */
  private static MutatedRequest framingBytes(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 2);
    byte[] body = sample.body("Xb0");
    int first = FuzzSample.find(body, sample.images().get(0));
    int second = FuzzSample.find(body, sample.images().get(1));
    for (int change = 0; change < 1 + r.nextInt(3); change++) {
      int at = r.nextInt(body.length);
      boolean within =
          (at >= first && at < first + sample.images().get(0).length)
              || (at >= second && at < second + sample.images().get(1).length);
      if (!within) {
        body[at] =
            (byte) pick(r, List.of(0, 10, 13, 34, 45, 58, 59, 61, 92, r.nextInt(256))).intValue();
      }
    }
    return either(FuzzSample.multipart("Xb0", body), sample);
  }

  private static MutatedRequest rightBase64(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    byte[] image = sample.first();
    String standard = FuzzSample.base64(image);
    String text =
        switch (r.nextInt(8)) {
          case 0 -> "data:image/png;base64," + standard;
          case 1 -> "DATA:;Base64," + standard;
          case 2 -> "data:image/png;charset=x;base64," + standard;
          case 3 -> Base64.getUrlEncoder().encodeToString(image);
          case 4 -> Base64.getUrlEncoder().withoutPadding().encodeToString(image);
          case 5 -> Base64.getMimeEncoder().encodeToString(image);
          case 6 -> " \t\n" + standard.replaceAll("(.{7})", "$1\n") + "\r\n";
          default -> standard.replace("=", "");
        };
    return works(b64(text, sample.names().get(0)), sample);
  }

  private static MutatedRequest wrongBase64(RandomGenerator r) {
    String standard = FuzzSample.base64(FuzzSample.image(r));
    List<String> wrong =
        List.of(
            "",
            "=",
            "A",
            "AAAA====",
            "data:image/png," + standard,
            "data:image/png;base64",
            "data:,",
            "image/png;base64," + standard,
            "http://localhost/a.png",
            standard.substring(0, 40) + "*" + standard.substring(40),
            standard.substring(0, 40) + "=" + standard.substring(40),
            standard.substring(0, 40) + "\u00e9" + standard.substring(40),
            standard.substring(0, 40) + "\u3042" + standard.substring(40),
            standard.substring(0, 40) + "\u0000" + standard.substring(40),
            standard.substring(0, 41).replace("=", ""));
    return refused(b64(pick(r, wrong), "a"));
  }

  private static RawRequest b64(String text, String name) {
    com.fasterxml.jackson.databind.node.JsonNodeFactory f =
        com.fasterxml.jackson.databind.node.JsonNodeFactory.instance;
    return FuzzSample.json(
        "{\"images\":[{\"b64\":" + f.textNode(text) + ",\"name\":" + f.textNode(name) + "}]}");
  }

  private static MutatedRequest rightJson(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    String b64 = FuzzSample.base64(sample.first());
    FuzzSample unnamed = sample.unnamed();
    return switch (r.nextInt(9)) {
      case 0 -> works(FuzzSample.json(" \n\t" + sample.jsonText() + " \r\n"), sample);
      case 1 -> works(FuzzSample.json("{\"images\":[{\"b64\":\"" + b64 + "\"}]}"), unnamed);
      case 2 ->
          works(FuzzSample.json("{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":null}]}"), unnamed);
      case 3 ->
          works(
              FuzzSample.json(
                  "{\"x\":[1e999,-0.0,{\"y\":null}],\"images\":[{\"z\":1,\"b64\":\""
                      + b64
                      + "\"}]}"),
              unnamed);
      case 4 ->
          works(
              FuzzSample.json("{\"\\u0069mages\":[{\"b64\":\"" + b64.replace("/", "\\/") + "\"}]}"),
              unnamed);
      case 5 -> works(b64(b64, ""), new FuzzSample(unnamed.images(), List.of("")));
      case 6 ->
          works(
              b64(b64, "n".repeat(20_000)),
              new FuzzSample(unnamed.images(), List.of("n".repeat(20_000))));
      case 7 ->
          works(
              b64(b64, "\u0000\u001f\u007f"),
              new FuzzSample(unnamed.images(), List.of("\u0000\u001f\u007f")));
      default ->
          works(
              FuzzSample.json(
                  "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":\"\\ud83d\\ude00\"}]}"),
              new FuzzSample(unnamed.images(), List.of("\ud83d\ude00")));
    };
  }

  private static MutatedRequest wrongJson(RandomGenerator r) {
    String b64 = FuzzSample.base64(FuzzSample.image(r));
    String image = "{\"b64\":\"" + b64 + "\"}";
    String images = "\"images\":[" + image + "]";
    List<String> wrong =
        List.of(
            "",
            " ",
            "null",
            "[]",
            "0",
            "\"" + b64 + "\"",
            "{}",
            "{\"images\":null}",
            "{\"images\":[]}",
            "{\"images\":{}}",
            "{\"images\":[null]}",
            "{\"images\":[[]]}",
            "{\"images\":\"" + b64 + "\"}",
            "{\"images\":[\"" + b64 + "\"]}",
            "{\"images\":[5]}",
            "{\"images\":" + image + "}",
            "{\"images\":[{\"b64\":5}]}",
            "{\"images\":[{\"b64\":true}]}",
            "{\"images\":[{\"b64\":[\"" + b64 + "\"]}]}",
            "{\"images\":[{\"b64\":null}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":5}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":{}}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"b64\":\"" + b64 + "\"}]}",
            "{" + images + "," + images + "}",
            "{" + images + "}{}",
            "{" + images + "} x",
            "{" + images,
            "{" + images + ",}",
            "{'images':[" + image + "]}",
            "{images:[" + image + "]}",
            "{" + images + "/* c */}",
            "{" + images + ",\"x\":NaN}",
            "{" + images + ",\"x\":01}",
            "{" + images + ",\"x\":" + "9".repeat(5000) + "}",
            "{" + images + ",\"" + "k".repeat(60_000) + "\":1}",
            "{" + images + ",\"x\":" + "[".repeat(50) + "]".repeat(50) + "}",
            "[".repeat(100_000),
            "{\"a\":".repeat(50_000),
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":\"\\ud800\"}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":\"\\udc00a\\ud83d\"}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":\"\\ud83\"}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":\"\\x\"}]}",
            "{\"images\":[{\"b64\":\"" + b64 + "\",\"name\":\"a\nb\"}]}",
            "{\"images\":[" + (image + ",").repeat(8) + image + "]}",
            "{\"images\":[{}" + ",{}".repeat(200_000) + "]}",
            "{" + images + ",\"x\":[0" + ",0".repeat(200_000) + "]}",
            "<html>");
    return refused(FuzzSample.json(pick(r, wrong)));
  }

  /** An image changes if its characters do: then it may be what they mean. */
  private static MutatedRequest jsonBytes(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    byte[] body = sample.jsonText().getBytes(UTF_8);
    for (int change = 0; change < 1 + r.nextInt(3); change++) {
      body[r.nextInt(body.length)] =
          (byte)
              pick(r, List.of(0, 34, 44, 45, 58, 65, 91, 92, 95, 125, r.nextInt(256))).intValue();
    }
    String text = new String(body, ISO_8859_1);
    byte[] meant = sample.first();
    int at = text.indexOf("\"b64\":\"");
    if (at >= 0 && text.indexOf('"', at + 7) >= 0) {
      String changed = text.substring(at + 7, text.indexOf('"', at + 7));
      try {
        meant = Base64.getMimeDecoder().decode(changed.replace('-', '+').replace('_', '/'));
      } catch (IllegalArgumentException e) {
        meant = sample.first(); // it cannot be anything
      }
    }
    FuzzSample seen = new FuzzSample(List.of(sample.first(), meant), List.of("", ""));
    return either(sample.json().withBody(body), seen);
  }

  private static MutatedRequest jsonEncoding(RandomGenerator r) {
    FuzzSample sample = FuzzSample.of(r, 1);
    String text = sample.jsonText();
    byte[] latin = "{\"images\":[],\"x\":\"\u00e4\"}".getBytes(ISO_8859_1);
    byte[] utf32 = {0, 0, (byte) 0xfe, (byte) 0xff, 0x7f, 0, 0, 0, 0, 0};
    RawRequest request = sample.json();
    return switch (r.nextInt(5)) {
      case 0 ->
          either(request.withBody(text.getBytes(java.nio.charset.StandardCharsets.UTF_16)), sample);
      case 1 ->
          works(
              request.withBody(
                  join("\u00ef\u00bb\u00bf".getBytes(ISO_8859_1), text.getBytes(UTF_8))),
              sample);
      case 2 -> refused(request.withBody(latin));
      case 3 -> refused(request.withBody(utf32));
      default -> {
        byte[] random = new byte[r.nextInt(200)];
        r.nextBytes(random);
        yield refused(request.withBody(random));
      }
    };
  }

  static byte[] join(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static byte[] replaced(byte[] all, String from, String to) {
    int at = FuzzSample.find(all, from.getBytes(ISO_8859_1));
    byte[] rest = Arrays.copyOfRange(all, at + from.length(), all.length);
    return join(join(Arrays.copyOf(all, at), to.getBytes(ISO_8859_1)), rest);
  }
}
