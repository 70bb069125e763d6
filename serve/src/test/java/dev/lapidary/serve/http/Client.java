package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lapidary.serve.TestTls;
import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A plain client for the tests, of HTTP/1.1 unless told. */
final class Client {
  private static final JsonMapper JSON = new JsonMapper();

  private final HttpClient http;
  private final URI server;

  Client(URI server) {
    this(server, HttpClient.Version.HTTP_1_1, Optional.empty());
  }

  /**
   * Over https it trusts any server.
   *
   * @param own its certificate, if it has one
   */
  Client(URI server, HttpClient.Version version, Optional<X509Bundle> own) {
    this.server = server;
    this.http = HttpClient.newBuilder().version(version).sslContext(TestTls.context(own)).build();
  }

  HttpRequest.Builder request(String path, String contentType) {
    return HttpRequest.newBuilder(server.resolve(path)).header("Content-Type", contentType);
  }

  HttpResponse<byte[]> post(String path, String contentType, byte[] body) throws Exception {
    return send(request(path, contentType).POST(BodyPublishers.ofByteArray(body)));
  }

  CompletableFuture<HttpResponse<byte[]>> postAsync(String path, String contentType, byte[] body) {
    HttpRequest request = request(path, contentType).POST(BodyPublishers.ofByteArray(body)).build();
    return http.sendAsync(request, BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(server.resolve(path)));
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  static JsonNode json(HttpResponse<byte[]> response) throws IOException {
    return JSON.readTree(response.body());
  }

  /** Parts as triples of field name, file name and bytes. */
  static byte[] multipart(String boundary, Object... parts) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int i = 0; i < parts.length; i += 3) {
      body.writeBytes(
          ("--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
                  + "Content-Type: application/octet-stream\r\n\r\n")
              .formatted(boundary, parts[i], parts[i + 1])
              .getBytes(UTF_8));
      body.writeBytes((byte[]) parts[i + 2]);
      body.writeBytes("\r\n".getBytes(UTF_8));
    }
    body.writeBytes(("--" + boundary + "--\r\n").getBytes(UTF_8));
    return body.toByteArray();
  }
}
