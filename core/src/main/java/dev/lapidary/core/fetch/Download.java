package dev.lapidary.core.fetch;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches one file by HTTP GET, going on where an earlier attempt stopped: RFC 9110, sections
 * 13.1.5 ({@code If-Range}) and 14 ({@code Range}). The validator that the server gave is kept
 * beside the part; without one, and after the file has changed, it begins anew.
 */
final class Download {
  private static final int ATTEMPTS = 5;
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");
  private static final int PARTIAL = 206;

  private final URI address;
  private final String name;
  private final Path part;
  private final Path validator;
  private final String otherwise;
  private final Duration pause;
  private final Duration idle;
  private final FetchProgress progress;
  private final HttpClient client =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NORMAL)
          .connectTimeout(CONNECT)
          .build();

  /**
   * @param otherwise what a user without a network may do, for a message
   * @param pause before the second attempt; doubled before each later one
   * @param idle without a byte for so long, an attempt has failed
   */
  Download(
      URI address,
      String name,
      Path part,
      String otherwise,
      Duration pause,
      Duration idle,
      FetchProgress progress) {
    this.address = address;
    this.name = name;
    this.part = part;
    this.validator = part.resolveSibling(part.getFileName() + ".etag");
    this.otherwise = otherwise;
    this.pause = pause;
    this.idle = idle;
    this.progress = progress;
  }

  /** Fills the part; whoever calls checks its SHA-256. */
  void run() throws IOException {
    String last = "";
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      pause(attempt);
      try {
        if (attempt()) {
          Files.deleteIfExists(validator);
          return;
        }
        last = "the server is busy";
      } catch (ConnectException
          | UnknownHostException
          | HttpConnectTimeoutException
          | UnresolvedAddressException e) {
        throw Failure.failed(
            "%s: the server cannot be reached (%s); without a network %s",
            address, e.getClass().getSimpleName(), otherwise);
      } catch (IOException e) {
        last = Failure.reason(e);
      }
    }
    throw Failure.failed(
        "%s: stopped after %d attempts and %d bytes (%s); the same command goes on from there",
        address, ATTEMPTS, held(), last);
  }

  /** True if the file is whole, false if the server asks for patience. */
  private boolean attempt() throws IOException {
    long held = Files.isRegularFile(validator) ? held() : 0;
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(ANSWER).GET();
    if (held > 0) {
      request.header("Range", "bytes=" + held + "-");
      request.header("If-Range", Files.readString(validator));
    }
    HttpResponse<InputStream> response = send(request.build());
    try (InputStream body = response.body();
        StallWatch watch = new StallWatch(body, idle)) {
      WeightsCache.requireSafe(response.uri());
      int status = response.statusCode();
      if (status == 429 || status >= 500) {
        return false;
      }
      if (status == 416) {
        Files.deleteIfExists(part);
        return false;
      }
      if (status != 200 && status != PARTIAL) {
        throw Failure.badInput(
            "%s: the server answers %d; is the address right, and open to everyone?",
            address, status);
      }
      receive(response, body, held, watch);
      return true;
    }
  }

  private void receive(
      HttpResponse<InputStream> response, InputStream body, long held, StallWatch watch)
      throws IOException {
    boolean goesOn = response.statusCode() == PARTIAL;
    long from = goesOn ? held : 0;
    long all = response.headers().firstValueAsLong("Content-Length").orElse(-1);
    if (goesOn) {
      Matcher range =
          CONTENT_RANGE.matcher(response.headers().firstValue("Content-Range").orElse(""));
      if (!range.matches() || Long.parseLong(range.group(1)) != held) {
        Files.deleteIfExists(part);
        throw new IOException("the server sent another part than was asked for");
      }
      all = range.group(2).equals("*") ? -1 : Long.parseLong(range.group(2));
    } else {
      keepValidator(response);
    }
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(from).position(from);
      byte[] buffer = new byte[1 << 16];
      for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        watch.moved();
        progress.transfer(name, out.position(), all);
      }
      out.force(true);
      if (all >= 0 && out.position() != all) {
        throw new IOException("%d of %d bytes came".formatted(out.position(), all));
      }
    }
  }

  /** A weak validator does not promise equal bytes. */
  private void keepValidator(HttpResponse<InputStream> response) throws IOException {
    String tag = response.headers().firstValue("ETag").filter(e -> !e.startsWith("W/")).orElse("");
    String found = tag.isEmpty() ? response.headers().firstValue("Last-Modified").orElse("") : tag;
    if (found.isEmpty()) {
      Files.deleteIfExists(validator);
    } else {
      Files.writeString(validator, found);
    }
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private long held() throws IOException {
    return Files.isRegularFile(part) ? Files.size(part) : 0;
  }

  private void pause(int attempt) {
    if (attempt > 0) {
      try {
        Thread.sleep(pause.toMillis() << (attempt - 1));
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }
  }

  private Failure interrupted() {
    Thread.currentThread().interrupt();
    return Failure.failed("%s: interrupted; the same command goes on from there", address);
  }
}
