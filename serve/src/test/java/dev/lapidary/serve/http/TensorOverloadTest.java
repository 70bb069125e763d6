package dev.lapidary.serve.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.GrpcClient;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.TypedModel;
import dev.lapidary.serve.grpc.message.OpenInference.ModelInferRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a model without a card says to those for whom there is no room, over HTTP and gRPC. */
@Timeout(60)
@ExtendWith(NoLeaks.class)
class TensorOverloadTest {
  private static final int QUEUE = 6;

  /**
   * What each run takes at the least, and a model of two executors with a full queue, therefore.
   */
  private static final long RUN_MILLIS = 500;

  private static final long WAIT_MILLIS = RUN_MILLIS * QUEUE / 2;

  private static final byte[] ONE =
      "{\"inputs\":[{\"name\":\"numbers\",\"datatype\":\"INT64\",\"shape\":[1,3],\"data\":[1,2,3]}]}"
          .getBytes(UTF_8);

  @TempDir Path folder;
  private final CountDownLatch open = new CountDownLatch(1);
  private final CountDownLatch first = new CountDownLatch(1);

  /** Takes its time once, and waits then until it is let go. */
  private final class Slow implements TensorNetwork {
    private final TensorNetwork network;

    Slow(TensorNetwork network) {
      this.network = network;
    }

    @Override
    public List<TensorSpec> inputs() {
      return network.inputs();
    }

    @Override
    public List<TensorSpec> outputs() {
      return network.outputs();
    }

    @Override
    public List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable {
      try {
        if (first.getCount() > 0) {
          Thread.sleep(RUN_MILLIS);
          first.countDown();
        } else {
          open.await();
        }
      } catch (InterruptedException e) {
        throw new Unrunnable("interrupted", e);
      }
      return network.run(inputs, outputs);
    }
  }

  private ReadModel read(Path file) {
    TensorModel model = TensorModel.open(file, Device.cpu(), 1);
    return new ReadModel.OfTensors(
        new TensorModel(
            model.name(),
            model.sha256(),
            model.hasCard(),
            new Slow(model.network()),
            model.session()),
        "it has no card");
  }

  @Test
  void whoIsRefusedIsToldHowLongTheOthersNeed() throws Exception {
    ServerSettings settings =
        new ServerSettings(
            "127.0.0.1",
            0,
            BatchPolicy.greedy(4),
            new ServerSettings.Limits(1 << 20, 8, QUEUE, 8 << 20, 64, ImageLimits.DEFAULT),
            2,
            ServerSettings.Timeouts.DEFAULT);
    TypedModel.write(
        folder.resolve("typed.onnx"),
        Map.of("numbers", ai.onnx.proto.OnnxMl.TensorProto.DataType.INT64));
    try (PredictionServer server = PredictionServer.bind(settings);
        GrpcClient grpc = new GrpcClient(server.listenGrpc(0))) {
      server.serve(folder, false, false, this::read);
      Client client = new Client(server.uri());
      String path = "/v2/models/typed/infer";
      assertThat(client.post(path, "application/json", ONE).statusCode()).isEqualTo(200);
      List<CompletableFuture<HttpResponse<byte[]>>> accepted = new ArrayList<>();
      for (int i = 1; i <= QUEUE; i++) {
        accepted.add(client.postAsync(path, "application/json", ONE));
        while (server.imagesInFlight() < i) {
          Thread.sleep(1);
        }
      }
      HttpResponse<byte[]> refused = client.post(path, "application/json", ONE);
      assertThat(refused.statusCode()).isEqualTo(429);
      long millis = refused.headers().firstValueAsLong("retry-after-ms").orElseThrow();
      long seconds = refused.headers().firstValueAsLong("Retry-After").orElseThrow();
      assertThat(millis).isGreaterThanOrEqualTo(WAIT_MILLIS);
      assertThat((double) seconds / millis).isBetween(0.7e-3, 1.42e-3);
      assertThat(Client.json(refused).get("error").asText())
          .isEqualTo("the queue is full with 6 images; try again in " + seconds + " s");
      AtomicReference<Metadata> end = new AtomicReference<>();
      Status status = grpc.capturing(new AtomicReference<>(), end).refusal(numbers());
      assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(
              end.get()
                  .get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)))
          .isEqualTo(Long.toString(millis));
      open.countDown();
      assertThat(accepted).allMatch(answer -> answer.join().statusCode() == 200);
      RequestCounts.Snapshot counts = server.requests();
      assertThat(counts.received()).isEqualTo(QUEUE + 3);
      assertThat(counts.classified()).isEqualTo(QUEUE + 1);
      assertThat(counts.refused()).isEqualTo(2);
    } finally {
      open.countDown();
    }
  }

  private static ModelInferRequest numbers() {
    ModelInferRequest.Builder request =
        GrpcClient.request("typed", "numbers", "INT64", List.of(1L, 3L));
    request.getInputsBuilder(0).getContentsBuilder().addAllInt64Contents(List.of(1L, 2L, 3L));
    return request.build();
  }
}
