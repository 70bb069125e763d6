package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.RawClient;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that serves takes no more memory after many requests than after some. */
class MemoryTest {
  private static final int SOME = 2_000;
  private static final int MANY = 20_000;
  private static final double AT_MOST = 1.05;
  private static final byte[] IMAGE = TinyModels.png(Color.RED, 64, 64);

  @TempDir Path folder;

  @Test
  @Tag("proof")
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void twentyThousandRequestsLeakNothing() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/status")), "no /proc to read memory from");
    try (ServerProcess server = ServerProcess.start(TinyModels.write(folder));
        RawClient client = new RawClient(server.uri())) {
      long after = 0;
      for (int i = 1; i <= MANY; i++) {
        client.send(RawClient.request(IMAGE, 1 + i % 4));
        assertThat(client.answer().status()).isEqualTo(200);
        if (i == SOME) {
          after = residentKilobytes(server);
        }
      }
      long last = residentKilobytes(server);
      System.out.printf(
          "resident after %d requests %d kB, after %d %d kB%n", SOME, after, MANY, last);
      assertThat((double) last / after).isLessThanOrEqualTo(AT_MOST);
    }
  }

  private static long residentKilobytes(ServerProcess server) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(server.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
