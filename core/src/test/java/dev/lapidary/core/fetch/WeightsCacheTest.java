package dev.lapidary.core.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a server on this machine. */
@Timeout(120)
class WeightsCacheTest {
  private static final Optional<String> ANY = Optional.empty();

  @TempDir Path folder;

  private final byte[] content = new byte[300_000];
  private final List<String> requests = new ArrayList<>();
  private final Told told = new Told();
  private HttpServer server;
  private WeightsCache cache;
  private String etag = "\"one\"";

  /** Bytes of the body after which the server hangs up, request by request; then it answers. */
  private final List<Integer> cuts = new ArrayList<>();

  private int status = 200;

  /** Whether the connection stays open, silent, instead. */
  private boolean stalls;

  private static final class Told implements FetchProgress {
    private final List<String> lines = new ArrayList<>();
    private long last;

    @Override
    public void say(String line) {
      lines.add(line);
    }

    @Override
    public void transfer(String name, long done, long all) {
      assertThat(done).isBetween(1L, all);
      last = done;
    }
  }

  @BeforeEach
  void serve() throws IOException {
    new Random(1).nextBytes(content);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    cache = new WeightsCache(folder, Duration.ZERO, Duration.ofSeconds(20), WeightsCache.PUBLISHER);
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String range = String.valueOf(exchange.getRequestHeaders().getFirst("Range"));
    String condition = String.valueOf(exchange.getRequestHeaders().getFirst("If-Range"));
    requests.add(range + " " + condition);
    exchange.getResponseHeaders().set("ETag", etag);
    if (status != 200) {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
      return;
    }
    boolean goesOn = range.startsWith("bytes=") && condition.equals(etag);
    int from = goesOn ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
    if (goesOn) {
      String part = "bytes %d-%d/%d".formatted(from, content.length - 1, content.length);
      exchange.getResponseHeaders().set("Content-Range", part);
    }
    int cut = cuts.isEmpty() ? content.length : cuts.remove(0);
    exchange.sendResponseHeaders(goesOn ? 206 : 200, content.length - from);
    OutputStream body = exchange.getResponseBody();
    body.write(content, from, Math.max(from, cut) - from);
    body.flush();
    if (cut < content.length && !stalls) {
      throw new IOException("hangs up on purpose: fewer bytes than announced");
    }
    if (cut == content.length) {
      body.close();
    }
  }

  /**
   * Where a request begins that goes on. A connection that breaks may take what was under way with
   * it, so this is at most where the server hung up, and seldom less.
   */
  private int goesOnFrom(int request) {
    assertThat(requests.get(request)).matches("bytes=\\d+- \"one\"");
    return Integer.parseInt(requests.get(request).replaceAll("\\D", ""));
  }

  private String address(String name) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/models/" + name;
  }

  @Test
  void fetchesOnceAndRecordsTheHash() throws IOException {
    Path file = cache.get(address("resnet.pth?download=1"), ANY, told);
    assertThat(file).hasBinaryContent(content);
    assertThat(file.getFileName().toString()).endsWith("-resnet.pth");
    assertThat(told.lines).containsExactly("fetched resnet.pth: 0.3 MB, sha256 " + Sha256.of(file));
    assertThat(told.last).isEqualTo(content.length);
    server.stop(0);
    assertThat(cache.get(address("resnet.pth?download=1"), ANY, told)).isEqualTo(file);
    assertThat(requests).hasSize(1);
  }

  @Test
  void goesOnWhereTheConnectionBroke() throws IOException {
    cuts.addAll(List.of(100_000, 200_000));
    assertThat(cache.get(address("a.pth"), ANY, told)).hasBinaryContent(content);
    assertThat(requests).hasSize(3).startsWith("null null");
    assertThat(goesOnFrom(1)).isBetween(1, 100_000);
    assertThat(goesOnFrom(2)).isBetween(100_001, 200_000);
    assertThat(left()).noneMatch(name -> name.endsWith(".part") || name.endsWith(".etag"));
  }

  @Test
  void goesOnWhereTheServerFellSilent() throws IOException {
    cuts.add(100_000);
    stalls = true;
    WeightsCache impatient =
        new WeightsCache(folder, Duration.ZERO, Duration.ofMillis(300), WeightsCache.PUBLISHER);
    assertThat(impatient.get(address("a.pth"), ANY, told)).hasBinaryContent(content);
    assertThat(requests).hasSize(2).startsWith("null null");
    assertThat(goesOnFrom(1)).isBetween(1, 100_000);
  }

  @Test
  void goesOnInALaterProcess() throws IOException {
    cuts.addAll(List.of(50_000, 50_000, 50_000, 50_000, 50_000));
    assertThatThrownBy(() -> cache.get(address("a.pth"), ANY, told))
        .hasMessageMatching(
            Pattern.quote(address("a.pth"))
                + ": stopped after 5 attempts and [1-9]\\d{0,4} bytes \\(.*"
                + "; the same command goes on from there");
    assertThat(cache.get(address("a.pth"), ANY, told)).hasBinaryContent(content);
    assertThat(goesOnFrom(requests.size() - 1)).isBetween(1, 50_000);
  }

  @Test
  void beginsAnewIfTheFileHasChangedMeanwhile() throws IOException {
    cuts.addAll(List.of(50_000, 50_000, 50_000, 50_000, 50_000));
    assertThatThrownBy(() -> cache.get(address("a.pth"), ANY, told)).isInstanceOf(Failure.class);
    etag = "\"two\"";
    Arrays.fill(content, (byte) 7);
    assertThat(cache.get(address("a.pth"), ANY, told)).hasBinaryContent(content);
  }

  @Test
  void anotherHashIsRefusedAndNothingIsKept() throws IOException {
    String wrong = "0".repeat(64);
    assertThatThrownBy(() -> cache.get(address("a.pth"), Optional.of(wrong), told))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageMatching(".*/a\\.pth has the SHA-256 [0-9a-f]{64}, expected 0{64}: .*");
    assertThat(left()).allMatch(name -> name.endsWith(".lock"));
    String right = Sha256.of(Files.write(folder.resolve("copy"), content));
    assertThat(cache.get(address("a.pth"), Optional.of(right), told)).exists();
    assertThatThrownBy(() -> cache.get(address("a.pth"), Optional.of(wrong), told))
        .hasMessageContaining("expected " + wrong);
    assertThatThrownBy(() -> cache.get(address("b-0123abcd.pth"), ANY, told))
        .hasMessageContaining("its name says that it begins with 0123abcd");
    assertThatThrownBy(() -> cache.get(address("a.pth"), Optional.of("abc"), told))
        .hasMessage("a SHA-256 has 64 hexadecimal digits but is 'abc'");
  }

  @Test
  void aDamagedFileIsFetchedAgain() throws IOException {
    Path file = cache.get(address("a.pth"), ANY, told);
    Files.write(file, new byte[] {1, 2, 3});
    assertThat(cache.get(address("a.pth"), ANY, told)).hasBinaryContent(content);
    assertThat(told.lines).contains("a.pth is damaged in the cache: fetching it again");
  }

  @Test
  void aMirrorStandsInForThePublisher() throws IOException {
    WeightsCache mirrored = mirrored();
    String address = WeightsCache.PUBLISHER + "resnet18-f37072fd.pth";
    String beginning = Sha256.of(Files.write(folder.resolve("copy"), content)).substring(0, 8);
    // The digits in the name are another file's, as those that are told may be.
    assertThatThrownBy(() -> mirrored.published(address, beginning, "fetch", told))
        .hasMessageContaining("its name says that it begins with f37072fd");
    String right = WeightsCache.PUBLISHER + "resnet18-" + beginning + ".pth";
    cuts.add(100_000);
    Path file = mirrored.published(right, beginning, "fetch", told);
    assertThat(file).hasBinaryContent(content).isEqualTo(mirrored.path(right));
    assertThat(requests.get(requests.size() - 2)).isEqualTo("null null");
    assertThat(goesOnFrom(requests.size() - 1)).isBetween(1, 100_000);
    server.stop(0);
    assertThat(cache.published(right, beginning, "fetch", told)).isEqualTo(file);
  }

  @Test
  void ofAPublishersFileTheBeginningIsCheckedEachTime() throws IOException {
    String address = WeightsCache.PUBLISHER + "a.pth";
    assertThatThrownBy(() -> mirrored().published(address, "01234567", "fetch", told))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.GATE_REFUSED))
        .hasMessageMatching(
            ".*/models/a\\.pth has the SHA-256 [0-9a-f]{64}, expected 01234567\\.\\.\\.: it is not.*");
    assertThat(left()).allMatch(name -> name.endsWith(".lock"));
    Path byHand = Files.write(cache.path(address), content);
    assertThatThrownBy(() -> cache.published(address, "01234567", "fetch", told))
        .hasMessageMatching(byHand + " has the SHA-256 .*, expected 01234567\\.\\.\\.: .*");
  }

  @Test
  void withoutANetworkAPublishersFileIsExplained() {
    server.stop(0);
    WeightsCache mirrored = mirrored();
    String address = WeightsCache.PUBLISHER + "a.pth";
    assertThatThrownBy(() -> mirrored.published(address, "01234567", "trainer fetch a", told))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessage(
            address("a.pth")
                + ": the server cannot be reached (ConnectException); without a network put the file"
                + " at "
                + cache.path(address)
                + " (on a machine with one `trainer fetch a` fetches it and says where it lies), or"
                + " give --weights another file");
  }

  private WeightsCache mirrored() {
    return new WeightsCache(folder, Duration.ZERO, Duration.ofSeconds(20), address(""));
  }

  @Test
  void theMirrorIsAnAddress() {
    String variable = WeightsCache.MIRROR;
    assertThat(WeightsCache.publisher(Map.of())).isEqualTo(WeightsCache.PUBLISHER);
    assertThat(WeightsCache.publisher(Map.of(variable, "https://a.example/torch")))
        .isEqualTo("https://a.example/torch/");
    assertThatThrownBy(() -> WeightsCache.publisher(Map.of(variable, "/srv/weights")))
        .hasMessage(
            "LAPIDARY_WEIGHTS_MIRROR is '/srv/weights': expected an https address that stands in for"
                + " https://download.pytorch.org/models/");
    assertThatThrownBy(() -> WeightsCache.publisher(Map.of(variable, "http://a.example/")))
        .hasMessageContaining("weights are fetched by https only");
  }

  @Test
  void withoutANetworkItSaysSo() {
    server.stop(0);
    assertThatThrownBy(() -> cache.get(address("a.pth"), ANY, told))
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.FAILED))
        .hasMessageContaining("the server cannot be reached (ConnectException); without a network")
        .hasMessageContaining("give --weights a file, or put the file at " + folder);
  }

  @Test
  void whatTheServerRefusesIsSaid() {
    status = 404;
    assertThatThrownBy(() -> cache.get(address("a.pth"), ANY, told))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageEndingWith(
            "the server answers 404; is the address right, and open to everyone?");
    status = 503;
    assertThatThrownBy(() -> cache.get(address("a.pth"), ANY, told))
        .hasMessageContaining("stopped after 5 attempts and 0 bytes (the server is busy)");
    assertThat(requests).hasSize(6);
  }

  @Test
  void onlySafeAddressesAreAskedFor() {
    WeightsCache.requireSafe(URI.create("https://download.pytorch.org/models/a.pth"));
    WeightsCache.requireSafe(URI.create("http://[::1]:8080/a.pth"));
    for (String unsafe :
        List.of("http://example.org/a", "ftp://example.org/a", "http://127.a.b/")) {
      assertThatThrownBy(() -> cache.get(unsafe, ANY, told))
          .hasMessageContaining("weights are fetched by https only");
    }
    assertThatThrownBy(() -> cache.get("https://me:secret@example.org/a", ANY, told))
        .hasMessage(
            "'https://...@example.org/a': an address has a host, and no password, which run.yaml"
                + " would keep");
  }

  @Test
  void aFileIsItself() throws IOException {
    Path file = Files.write(folder.resolve("mine.pth"), content);
    assertThat(cache.get(file.toString(), ANY, told)).isEqualTo(file);
    assertThat(cache.get(file.toString(), Optional.of(Sha256.of(file)), told)).isEqualTo(file);
    assertThatThrownBy(() -> cache.get(file.toString(), Optional.of("1".repeat(64)), told))
        .hasMessageContaining("expected 1111");
    assertThat(requests).isEmpty();
  }

  @Test
  void theEnvironmentMovesTheCache() {
    assertThat(WeightsCache.folder(Map.of("LAPIDARY_CACHE", "/big/disk", "XDG_CACHE_HOME", "/x")))
        .isEqualTo(Path.of("/big/disk"));
    assertThat(WeightsCache.folder(Map.of("XDG_CACHE_HOME", "/x")))
        .isEqualTo(Path.of("/x/lapidary"));
    assertThat(WeightsCache.folder(Map.of()).toString()).endsWith(".cache/lapidary");
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("weights"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
