package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve health}: a container's health check where there is no shell and no curl. */
@Command(
    name = "health",
    description =
        "Asks a server on this machine whether it is ready; ends with 0 if it is, else 1.")
final class HealthCommand extends ProgramCommand {
  @Option(names = "--port", paramLabel = "N", description = "the server's")
  private int port = 8080;

  @Option(names = "--timeout-ms", paramLabel = "N", description = "how long to wait for an answer")
  private int timeoutMillis = 3000;

  @Option(
      names = "--tls",
      description =
          "the server has a certificate (--tls-certificate), whatever it is: it is on this machine,"
              + " and told nothing")
  private boolean encrypted;

  @Mixin private ClientTlsOptions tls = new ClientTlsOptions();

  @Override
  public Integer call() {
    boolean https = encrypted || tls.areGiven();
    URI ready =
        URI.create((https ? "https" : "http") + "://127.0.0.1:" + port + "/v2/health/ready");
    Duration timeout = Duration.ofMillis(timeoutMillis);
    HttpClient.Builder all = HttpClient.newBuilder().connectTimeout(timeout);
    HttpClient client = (https ? all.sslContext(tls.client().trustingAnyone()) : all).build();
    try {
      HttpResponse<Void> answer =
          client.send(
              HttpRequest.newBuilder(ready).timeout(timeout).build(),
              HttpResponse.BodyHandlers.discarding());
      if (answer.statusCode() != 200) {
        throw Failure.failed("%s answered %d, expected 200", ready, answer.statusCode());
      }
      print("ready");
      return 0;
    } catch (IOException e) {
      throw Failure.failed(
          "%s does not answer (%s); is serve run on this port%s?",
          ready, Failure.reason(e), https ? ", with --tls-certificate" : "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted before %s answered", ready);
    }
  }
}
