package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class HealthCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int ask(int port) {
    return ServeMain.run(
        new PrintWriter(out), new PrintWriter(err), "health", "--port", Integer.toString(port));
  }

  @Test
  void readinessIsTheExitStatus() throws IOException {
    int[] status = {200};
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v2/health/ready",
        exchange -> {
          exchange.sendResponseHeaders(status[0], -1);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    try {
      assertThat(ask(port)).as(err.toString()).isZero();
      assertThat(out.toString().strip()).isEqualTo("ready");
      status[0] = 503;
      assertThat(ask(port)).isEqualTo(1);
      assertThat(err.toString()).contains("/v2/health/ready answered 503, expected 200");
    } finally {
      server.stop(0);
    }
    assertThat(ask(port)).isEqualTo(1);
    assertThat(err.toString()).contains("does not answer (").contains("is serve run on this port?");
  }
}
