package dev.lapidary.serve.http;

import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.serve.NoLeaks;
import dev.lapidary.serve.PythonClient;
import dev.lapidary.serve.TypedModel;
import java.awt.Color;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Triton's own Python client, as PyPI has it. */
@Timeout(120)
@ExtendWith(NoLeaks.class)
class TritonClientTest {
  @TempDir Path folder;

  static ReadModel read(Path file) {
    return file.endsWith("tiny.onnx")
        ? new ReadModel.OfImages(ModelLoader.load(file, 1))
        : new ReadModel.OfTensors(
            TensorModel.open(file, dev.lapidary.runtime.session.Device.cpu(), 1), "it has no card");
  }

  @Test
  void everyCallOfTheHttpClientIsAnswered() throws Exception {
    TinyModels.write(folder);
    TypedModel.write(folder.resolve("typed.onnx"));
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      server.serve(folder, false, true, TritonClientTest::read);
      PythonClient.run(
          TritonClientTest.class,
          "tritonclient.http",
          "tritonclient_http.py",
          server.uri().getAuthority(),
          HexFormat.of().formatHex(TinyModels.png(new Color(10, 200, 30), 8, 8)));
    }
  }

  @Test
  void everyCallOfTheGrpcClientIsAnswered() throws Exception {
    TinyModels.write(folder);
    TypedModel.write(folder.resolve("typed.onnx"));
    try (PredictionServer server = PredictionServer.bind(ServerSettings.local())) {
      int port = server.listenGrpc(0);
      server.serve(folder, false, true, TritonClientTest::read);
      PythonClient.run(
          TritonClientTest.class,
          "tritonclient.grpc",
          "tritonclient_grpc.py",
          "127.0.0.1:" + port,
          HexFormat.of().formatHex(TinyModels.png(new Color(10, 200, 30), 8, 8)));
    }
  }
}
