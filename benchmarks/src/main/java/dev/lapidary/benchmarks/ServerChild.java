package dev.lapidary.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.cli.ResidentMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a JVM of its own, with the options of this one. */
final class ServerChild implements AutoCloseable {
  private final Process process;
  private final BufferedReader said;
  private URI uri = URI.create("");

  private ServerChild(Process process) {
    this.process = process;
    this.said = process.errorReader(UTF_8);
  }

  /**
   * @param beforeUri what the line on stderr begins with that ends in its address
   */
  static ServerChild start(String main, List<String> arguments, String beforeUri)
      throws IOException {
    ProcessBuilder builder = ChildJvm.of(main, arguments);
    // Curves that were measured before, beside other work perhaps, are not taken.
    Path cache = Files.createTempDirectory("lapidary-serving");
    builder.environment().put("LAPIDARY_CACHE", cache.toString());
    ServerChild server = new ServerChild(builder.start());
    String line = server.await(beforeUri);
    server.uri = URI.create(line.substring(line.indexOf(beforeUri) + beforeUri.length()));
    return server;
  }

  /** Returns the next line that has these words; shows those before it. */
  String await(String words) throws IOException {
    String line = said.readLine();
    while (line != null && !line.contains(words)) {
      System.err.println(line);
      line = said.readLine();
    }
    if (line == null) {
      throw new IllegalStateException("the server ended before it said '" + words + "'");
    }
    System.err.println(line);
    return line;
  }

  /** Of memory that it has; 0 where there is no /proc. */
  long residentBytes() {
    return ResidentMemory.bytes(process.pid()).orElse(0);
  }

  URI uri() {
    return uri;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
