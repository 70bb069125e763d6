package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.serve.http.AccessLog;
import dev.lapidary.serve.http.ServerSettings;
import dev.lapidary.serve.tracing.RequestSpans;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where {@code serve run} listens, for whom, and what it notes of that. */
final class ListenOptions {
  /** Of OpenTelemetry's own. */
  private static final List<String> COLLECTORS =
      List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  @Option(names = "--host", paramLabel = "ADDRESS", description = "address to bind")
  private String host = "127.0.0.1";

  @Option(names = "--port", paramLabel = "N", description = "0: any free one")
  private int port = 8080;

  @Option(
      names = "--grpc-port",
      paramLabel = "N",
      description = "speaks the Open Inference Protocol over gRPC, too; 0: any free one")
  private Optional<Integer> grpcPort = Optional.empty();

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description = "a line of JSON for each request, behind what the file has; -: on stdout")
  private Optional<String> accessLog = Optional.empty();

  @Option(
      names = "--otlp-endpoint",
      paramLabel = "URL",
      description =
          "sends a span of each request and its stages to the OpenTelemetry collector there, by OTLP over"
              + " HTTP, such as http://localhost:4318; OTEL_EXPORTER_OTLP_ENDPOINT and the SDK's other"
              + " variables are heeded")
  private Optional<URI> otlpEndpoint = Optional.empty();

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "keys, one a line, KEY or NAME:KEY: each request but those to health must show one"
              + " (Authorization: Bearer KEY, or X-API-Key: KEY); SIGHUP reads them again")
  private Optional<Path> apiKeys = Optional.empty();

  @Option(names = "--no-page", description = "no page at /, which shows people the models")
  private boolean noPage;

  @Mixin private TlsOptions tls = new TlsOptions();

  static HelpSection section() {
    return HelpSection.of(
        "Server",
        "--host --port --grpc-port --tls-certificate --tls-key --tls-client-ca --api-keys "
            + "--access-log --otlp-endpoint",
        "--no-page");
  }

  String host() {
    return host;
  }

  int port() {
    return OptionRange.within("--port", port, 0, 65_535);
  }

  Optional<Integer> grpcPort() {
    return grpcPort.map(own -> OptionRange.within("--grpc-port", own, 0, 65_535));
  }

  ServerSettings.Access access() {
    return new ServerSettings.Access(apiKeys, !noPage, tls.files());
  }

  /**
   * What its user should know of who reaches it.
   *
   * @throws Failure (exit 2) if its host is no address
   */
  Optional<String> warning(int realPort) {
    try {
      if (InetAddress.getByName(host).isLoopbackAddress()) {
        return Optional.empty();
      }
    } catch (UnknownHostException e) {
      throw Failure.badInput("--host %s is no address of this machine", host);
    }
    boolean encrypted = tls.files().isPresent();
    if (encrypted && (apiKeys.isPresent() || tls.asksClients())) {
      return Optional.empty();
    }
    String words =
        apiKeys.isPresent()
            ? "--host %s is reached from other machines at port %d, and API keys that are sent there"
                + " without TLS can be read on the way"
            : "--host %s is reached from other machines, and the server has no access control:"
                + " whoever reaches port %d may use it";
    return Optional.of(words.formatted(host, realPort));
  }

  Optional<AccessLog> log() {
    return accessLog.map(ListenOptions::log);
  }

  /**
   * Empty if no collector is named.
   *
   * @param environment variables by their names
   * @throws Failure (exit 2) if it is named wrongly
   */
  Optional<RequestSpans> spans(Map<String, String> environment) {
    if (otlpEndpoint.isEmpty() && COLLECTORS.stream().noneMatch(environment::containsKey)) {
      return Optional.empty();
    }
    otlpEndpoint.ifPresent(ListenOptions::requireAddress);
    return Optional.of(RequestSpans.toCollector(otlpEndpoint));
  }

  private static void requireAddress(URI url) {
    String scheme = String.valueOf(url.getScheme());
    if (!(scheme.equals("http") || scheme.equals("https"))
        || url.getHost() == null
        || url.getQuery() != null
        || url.getFragment() != null) {
      throw Failure.badInput(
          "--otlp-endpoint %s is no collector's address, expected one such as http://localhost:4318",
          url);
    }
  }

  /** Standard output stays open behind it. */
  private static AccessLog log(String file) {
    if (file.equals("-")) {
      return new AccessLog(
          new FilterOutputStream(new BufferedOutputStream(System.out)) {
            @Override
            public void close() throws IOException {
              flush();
            }
          });
    }
    try {
      return new AccessLog(
          new BufferedOutputStream(
              Files.newOutputStream(
                  Path.of(file), StandardOpenOption.CREATE, StandardOpenOption.APPEND)));
    } catch (IOException | InvalidPathException e) {
      throw Failure.badInput(
          "--access-log %s cannot be written: %s", file, e.getClass().getSimpleName());
    }
  }
}
