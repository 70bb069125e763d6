package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.RawClient;
import dev.lapidary.serve.TestTls;
import dev.lapidary.serve.tls.TlsFiles;
import java.awt.Color;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM to a process that serves: it exits with 143, and what was sent before it is answered. */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class SignalTest {
  private static final int TERMINATED = 143;
  private static final int ROUNDS = 2;
  private static final int PROOF_ROUNDS = Integer.getInteger("lapidary.rounds", 200);
  private static final int CLIENTS = 8;
  private static final long GRPC_MILLIS = 30_000;
  private static final byte[] IMAGE = TinyModels.png(Color.RED, 64, 64);

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void write() throws IOException {
    model = TinyModels.write(folder);
  }

  @Test
  void underLoadNothingIsLost() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      stopUnderLoad();
    }
  }

  @Test
  @Tag("proof")
  void underLoadNothingIsLostInTwoHundredRounds() throws Exception {
    for (int round = 0; round < PROOF_ROUNDS; round++) {
      stopUnderLoad();
    }
  }

  /** Requests of 1 to 4 images from each client, so that some batch sizes come first at the end. */
  private void stopUnderLoad() throws Exception {
    try (ServerProcess server = ServerProcess.start(model)) {
      Load load = new Load(server.uri());
      load.answered.await();
      Thread.sleep(ThreadLocalRandom.current().nextInt(200));
      load.stopping.set(true); // before the signal: what is sent from here on may be refused
      server.terminate();
      assertThat(server.status()).isEqualTo(TERMINATED);
      load.end();
      assertThat(load.lost).isEmpty();
      assertThat(load.failures).isEmpty();
      assertThat(server.rest()).isEmpty();
    }
  }

  /** Clients that send one request after the other, each on its own connection. */
  private static final class Load {
    final CountDownLatch answered = new CountDownLatch(3 * CLIENTS);
    final AtomicBoolean stopping = new AtomicBoolean();
    final Queue<IOException> lost = new ConcurrentLinkedQueue<>();
    final List<Throwable> failures = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    Load(URI server) {
      for (int i = 0; i < CLIENTS; i++) {
        Thread thread = new Thread(() -> requests(server));
        thread.setUncaughtExceptionHandler((where, error) -> failed(error));
        thread.start();
        threads.add(thread);
      }
    }

    private synchronized void failed(Throwable error) {
      failures.add(error);
    }

    /** Until an answer says that it is the last one, or the server is gone. */
    private void requests(URI server) {
      boolean sentBefore = false;
      try (RawClient client = new RawClient(server)) {
        boolean last = false;
        while (!last && !stopping.get()) {
          sentBefore = false;
          client.send(RawClient.request(IMAGE, 1 + ThreadLocalRandom.current().nextInt(4)));
          sentBefore = !stopping.get();
          RawClient.Answer answer = client.answer();
          answered.countDown();
          // What was sent before the signal may yet be read after it.
          assertThat(answer.status()).isIn(stopping.get() ? List.of(200, 503) : List.of(200));
          last = answer.head().toLowerCase(Locale.ROOT).contains("connection: close");
        }
      } catch (IOException e) {
        if (sentBefore) {
          lost.add(e);
        }
      }
    }

    void end() throws InterruptedException {
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  /**
   * The batch waits to be filled when the signal comes, and no batch of its size has run before.
   */
  @Test
  void aBatchThatHasNotBegunIsRunAndAnswered() throws Exception {
    waitingBatch(1);
  }

  @Test
  @Tag("proof")
  void aBatchThatHasNotBegunIsRunAndAnsweredInTwentyRounds() throws Exception {
    waitingBatch(20);
  }

  private void waitingBatch(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      try (ServerProcess server = ServerProcess.start(model, "--max-delay-ms", "1500");
          RawClient client = new RawClient(server.uri())) {
        client.send(RawClient.request(IMAGE, 1)); // after it the way is known, and is fast
        assertThat(client.status()).isEqualTo(200);
        client.send(RawClient.request(IMAGE, 5));
        Thread.sleep(500);
        server.terminate();
        assertThat(client.status()).isEqualTo(200);
        assertThat(server.status()).isEqualTo(TERMINATED);
        assertThat(server.rest()).isEmpty();
      }
    }
  }

  @Test
  void aCallOverGrpcThatHasNotBegunIsRunAndAnswered() throws Exception {
    try (ServerProcess server =
        ServerProcess.start(model, "--max-delay-ms", "1500", "--grpc-port", "0")) {
      String said = server.firstMessage();
      assertThat(said).startsWith("gRPC on 127.0.0.1:");
      server.uri();
      int port = Integer.parseInt(said.substring(said.lastIndexOf(':') + 1));
      try (GrpcClient client = new GrpcClient(port)) {
        client.infer(GrpcClient.images(IMAGE), GRPC_MILLIS).join();
        var five = client.infer(GrpcClient.images(IMAGE, IMAGE, IMAGE, IMAGE, IMAGE), GRPC_MILLIS);
        Thread.sleep(500);
        server.terminate();
        assertThat(five.join().getOutputs(0).getShape(0)).isEqualTo(5);
        assertThat(server.status()).isEqualTo(TERMINATED);
        assertThat(server.rest()).isEmpty();
      }
    }
  }

  @Test
  void whileItStartsItEnds() throws Exception {
    stopWhileItStarts(3);
  }

  @Test
  @Tag("proof")
  void whileItStartsItEndsInTwoHundredRounds() throws Exception {
    stopWhileItStarts(PROOF_ROUNDS);
  }

  private void stopWhileItStarts(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      try (ServerProcess server = ServerProcess.start(model)) {
        Thread.sleep(ThreadLocalRandom.current().nextInt(1500));
        server.terminate();
        assertThat(server.status()).isEqualTo(TERMINATED);
        assertThat(server.rest()).allMatch(line -> line.startsWith("listening on "));
      }
    }
  }

  /** A reload, not an end; and with the option an end. */
  @Test
  void aHangupReloadsOrStops() throws Exception {
    assumeFalse(ServerProcess.ignoresHangups(), "the build runs under nohup, and so would servers");
    TlsFiles tls = TestTls.files(model.getParent());
    String[] encrypted = {
      "--tls-certificate", tls.certificate().toString(), "--tls-key", tls.key().toString()
    };
    try (ServerProcess server = ServerProcess.start(model, encrypted);
        RawClient client = new RawClient(server.uri())) {
      Files.writeString(tls.key(), "");
      server.hangUp();
      assertThat(server.firstMessage())
          .isEqualTo(
              "warning: the certificate stays as it was: [%s] holds no private key, expected PEM with"
                      .formatted(tls.key())
                  + " -----BEGIN PRIVATE KEY-----");
      TestTls.files(model.getParent());
      server.hangUp(); // no model has changed
      TinyModels.write(model.getParent(), Optional.of(TinyModels.card(TinyModels.golden(0.02f))));
      server.hangUp();
      assertThat(server.firstMessage())
          .isEqualTo(
              "warning: tiny version 7 is not loaded: golden image 0: logit 0 is 0.980392, expected"
                  + " 1.00039 within 0.0100");
      TinyModels.write(model.getParent(), Optional.empty());
      server.hangUp();
      assertThat(server.firstMessage())
          .startsWith("warning: it takes no images, only tensors at /v2/models/…/infer, since ");
      assertThat(server.firstMessage()).isEqualTo("reloaded tiny version 1");
      client.send(RawClient.request(IMAGE, 1));
      assertThat(client.status()).isEqualTo(400);
    }
    TinyModels.write(folder);
    try (ServerProcess server = ServerProcess.start(model, "--hangup", "stop")) {
      server.uri();
      server.hangUp();
      assertThat(server.status()).isEqualTo(129);
    }
  }
}
