package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.grpc.message.OpenInference.InferParameter;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferResponse;
import dev.lapidary.serve.grpc.message.OpenInference.ModelStreamInferResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.awt.Color;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Overload, deadlines, cancelled calls and the stop over gRPC, with a network that waits. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class GrpcLifecycleTest {
  private static final long LONG = 30_000;
  private static final byte[] IMAGE = TinyModels.png(new Color(10, 200, 30), 8, 8);

  @TempDir Path folder;
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);

  private ServedModel gated() throws Exception {
    ServedModel tiny = ModelLoader.load(TinyModels.write(folder), 1);
    return tiny.withNetwork(
        (inputs, count) -> {
          if (count == 1 && inputs.get(0) < 0.5) { // not the golden image
            entered.countDown();
            open.await();
          }
          return tiny.network().run(inputs, count);
        });
  }

  private static ServerSettings settings(int queue) {
    return new ServerSettings(
        "127.0.0.1",
        0,
        BatchPolicy.greedy(1),
        new ServerSettings.Limits(1 << 20, 8, queue, 4 << 20, 64, ImageLimits.DEFAULT),
        2,
        ServerSettings.Timeouts.DEFAULT);
  }

  private static Status status(CompletableFuture<ModelInferResponse> answer) {
    return answer
        .handle((found, error) -> error == null ? Status.OK : Status.fromThrowable(error))
        .join();
  }

  private static void awaitInFlight(PredictionServer server, int images) throws Exception {
    while (server.imagesInFlight() != images) {
      Thread.sleep(1);
    }
  }

  /** After which the client may try again, as gRPC's libraries read it (gRFC A6). */
  private static long pushbackMillis(AtomicReference<Metadata> end) {
    return Long.parseLong(
        end.getAndSet(new Metadata())
            .get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)));
  }

  /** An image whose file is so many bytes longer. */
  private static ModelInferRequest padded(int bytes) {
    return GrpcClient.images(Arrays.copyOf(IMAGE, IMAGE.length + bytes));
  }

  /** One that says nothing is closed in time, and gives its place to another. */
  @Test
  void connectionsAreBounded() throws Exception {
    ServerSettings most =
        settings(8)
            .withLimits(new ServerSettings.Limits(1 << 20, 8, 8, 4 << 20, 2, ImageLimits.DEFAULT))
            .withTimeouts(
                ServerSettings.Timeouts.DEFAULT.withReading(
                    Duration.ofSeconds(1), Duration.ofSeconds(30), 1));
    try (PredictionServer server = PredictionServer.bind(most)) {
      server.serve(ModelLoader.load(TinyModels.write(folder), 1));
      int port = server.listenGrpc(0);
      try (GrpcClient client = new GrpcClient(port)) {
        client.infer(GrpcClient.images(IMAGE));
        try (Socket silent = new Socket("127.0.0.1", port);
            Socket tooMany = new Socket("127.0.0.1", port)) {
          assertThat(tooMany.getInputStream().read()).isNegative();
          client.infer(GrpcClient.images(IMAGE)); // goes on
          silent.getInputStream().readAllBytes(); // until the server ends it
        }
        Status status = Status.UNAVAILABLE;
        while (status.getCode() == Status.Code.UNAVAILABLE) { // until the server has noticed
          try (GrpcClient next = new GrpcClient(port)) {
            status = status(next.infer(GrpcClient.images(IMAGE), LONG));
          }
        }
        assertThat(status.isOk()).isTrue();
      }
    }
  }

  @Test
  void isUnavailableUntilAModelIsLoaded() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(8));
        GrpcClient client = new GrpcClient(server.listenGrpc(0))) {
      Status status = client.refusal(GrpcClient.images(IMAGE));
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(status.getDescription()).isEqualTo("the model is loading");
    }
  }

  @Test
  void refusesWhatFindsNoRoomOrIsTooLarge() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(4));
        GrpcClient client = new GrpcClient(server.listenGrpc(0))) {
      assertThat(server.serve(gated())).isEmpty();
      List<CompletableFuture<ModelInferResponse>> accepted = new ArrayList<>();
      accepted.add(client.infer(padded(1_000_000), LONG));
      entered.await();
      for (int i = 2; i <= 3; i++) {
        accepted.add(client.infer(padded(1_000_000), LONG));
        awaitInFlight(server, i);
      }
      accepted.add(client.infer(padded(1_000_000), LONG));
      awaitInFlight(server, 4);
      AtomicReference<Metadata> end = new AtomicReference<>();
      GrpcClient capturing = client.capturing(new AtomicReference<>(), end);
      Status memory = capturing.refusal(padded(1_000_000));
      assertThat(memory.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(memory.getDescription())
          .isEqualTo(
              "the bodies of other requests take all memory that they may; try again in a moment");
      assertThat(pushbackMillis(end)).isBetween(10L, 1000L);
      Status queue = capturing.refusal(GrpcClient.images(IMAGE));
      assertThat(queue.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(queue.getDescription())
          .isEqualTo("the queue is full with 4 images; try again in 1 s");
      assertThat(pushbackMillis(end)).isBetween(10L, 1000L);
      Status size = client.refusal(padded(2 << 20));
      assertThat(size.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(size.getDescription()).startsWith("gRPC message exceeds maximum size 1048576");
      open.countDown();
      for (CompletableFuture<ModelInferResponse> answer : accepted) {
        assertThat(answer.join().getOutputsCount()).isEqualTo(1);
      }
      awaitInFlight(server, 0);
      assertThat(client.infer(padded(1_000_000)).getOutputsCount()).isEqualTo(1);
    }
  }

  @Test
  void deadlinesAndCancelledCallsGiveBackWhatTheyHold() throws Exception {
    try (PredictionServer server = PredictionServer.bind(settings(8));
        GrpcClient client = new GrpcClient(server.listenGrpc(0))) {
      assertThat(server.serve(gated())).isEmpty();
      CompletableFuture<ModelInferResponse> first = client.infer(GrpcClient.images(IMAGE), LONG);
      entered.await();
      CompletableFuture<ModelInferResponse> late = client.infer(GrpcClient.images(IMAGE), 300);
      assertThat(status(late).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      ModelInferRequest own =
          GrpcClient.images(IMAGE).toBuilder()
              .putParameters("timeout", InferParameter.newBuilder().setInt64Param(50_000).build())
              .build();
      Status timeout = client.refusal(own);
      assertThat(timeout.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(timeout.getDescription())
          .isEqualTo("the deadline passed before the answer was there");
      awaitInFlight(server, 1);
      CompletableFuture<ModelInferResponse> gone = client.infer(GrpcClient.images(IMAGE), LONG);
      awaitInFlight(server, 2);
      gone.cancel(false);
      awaitInFlight(server, 1);
      open.countDown();
      assertThat(first.join().getOutputsCount()).isEqualTo(1);
      awaitInFlight(server, 0);
      RequestCounts.Snapshot counts = server.requests();
      assertThat(counts.received()).isEqualTo(4);
      assertThat(counts.classified()).isEqualTo(1);
      assertThat(counts.open()).isZero();
    }
  }

  @Test
  void aStopAnswersWhatWasAcceptedAndEndsStreams() throws Exception {
    PredictionServer server = PredictionServer.bind(settings(8));
    try (GrpcClient client = new GrpcClient(server.listenGrpc(0))) {
      assertThat(server.serve(gated())).isEmpty();
      Answers idle = new Answers();
      Answers busy = new Answers();
      client.stream(idle);
      StreamObserver<ModelInferRequest> requests = client.stream(busy);
      CompletableFuture<ModelInferResponse> first = client.infer(GrpcClient.images(IMAGE), LONG);
      entered.await();
      requests.onNext(GrpcClient.images(IMAGE));
      awaitInFlight(server, 2);
      Thread closer = new Thread(server::close);
      closer.start();
      assertThat(idle.next()).isEqualTo("UNAVAILABLE: the server is stopping");
      open.countDown();
      assertThat(first.join().getOutputsCount()).isEqualTo(1);
      assertThat(busy.next()).isEqualTo("answer 3");
      assertThat(busy.next()).isEqualTo("UNAVAILABLE: the server is stopping");
      closer.join();
      assertThatThrownBy(() -> client.infer(GrpcClient.images(IMAGE)))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("UNAVAILABLE");
    } finally {
      server.close();
    }
  }

  /** What comes on a stream, in words. */
  private static final class Answers implements StreamObserver<ModelStreamInferResponse> {
    private final BlockingQueue<String> came = new LinkedBlockingQueue<>();

    String next() throws InterruptedException {
      return came.take();
    }

    @Override
    public void onNext(ModelStreamInferResponse answer) {
      came.add(
          answer.getErrorMessage().isEmpty()
              ? "answer " + GrpcClient.floats(answer.getInferResponse()).length
              : answer.getErrorMessage());
    }

    @Override
    public void onError(Throwable error) {
      Status status = Status.fromThrowable(error);
      came.add(status.getCode() + ": " + status.getDescription());
    }

    @Override
    public void onCompleted() {
      came.add("end");
    }
  }
}
