package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.StopSignal;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.serve.batch.BatchPolicy;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import dev.lapidary.serve.model.ServedModel;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code serve run}. */
@Command(name = "run", description = "Answers POST /predict until it is stopped (SIGINT, SIGTERM).")
final class RunCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private ModelOptions model = new ModelOptions();

  @Option(names = "--host", paramLabel = "ADDRESS", description = "address to bind")
  private String host = "127.0.0.1";

  @Option(names = "--port", paramLabel = "N", description = "0: any free one")
  private int port = 8080;

  @Option(names = "--max-batch", paramLabel = "N", description = "the most images in one run")
  private int maxBatch = 32;

  @Option(
      names = "--max-delay-ms",
      paramLabel = "MS",
      description =
          "how long an image may wait for its batch to fill; 0: a free network runs"
              + " what has queued, at once")
  private int maxDelayMillis;

  @Option(
      names = "--queue",
      paramLabel = "N",
      description = "images accepted and not yet answered; beyond it 429")
  private int queue = ServerSettings.Limits.DEFAULT.queueImages();

  @Option(
      names = "--max-images",
      paramLabel = "N",
      description = "images in one request; beyond it 413")
  private int maxImages = ServerSettings.Limits.DEFAULT.requestImages();

  @Option(
      names = "--max-body-mb",
      paramLabel = "MB",
      description = "size of one request's body; beyond it 413")
  private int maxBodyMegabytes = ServerSettings.Limits.DEFAULT.bodyBytes() >> 20;

  @Option(
      names = "--max-megapixels",
      paramLabel = "MP",
      description = "size of one image, told by its header; beyond it the image is refused")
  private int maxMegapixels = (int) (ImageLimits.DEFAULT.maxPixels() / 1_000_000);

  @Option(
      names = "--deadline-ms",
      paramLabel = "MS",
      description = "for a request without X-Deadline-Ms; beyond it 504")
  private int deadlineMillis = 30_000;

  @Option(
      names = "--grace-ms",
      paramLabel = "MS",
      description = "how long a stop waits for accepted requests")
  private int graceMillis = 30_000;

  @Override
  public Integer call() {
    PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
    try (PredictionServer server = PredictionServer.bind(settings());
        // Not by a shutdown hook: ONNX Runtime has one, too, and hooks run beside each other.
        StopSignal signal = StopSignal.take(server::close)) {
      try {
        ServedModel served = model.load();
        served.note().ifPresent(note -> err.printf("warning: %s%n", note));
        Optional<String> failure = server.serve(served);
        if (signal.status().isEmpty()) {
          announce(failure, server, err);
        }
        server.awaitClose();
      } catch (InterruptedException e) {
        // The calling thread is told to end: a clean stop, as by a signal.
      }
      return signal.status().orElse(ExitCode.DONE.status());
    }
  }

  private static void announce(Optional<String> failure, PredictionServer server, PrintWriter err) {
    failure.ifPresentOrElse(
        reason -> err.printf("not ready on %s: %s%n", server.uri(), reason),
        () -> err.printf("listening on %s%n", server.uri()));
    err.flush();
  }

  private ServerSettings settings() {
    int bodyBytes = positive("--max-body-mb", maxBodyMegabytes, 1024) << 20;
    long pixels = positive("--max-megapixels", maxMegapixels, 500) * 1_000_000L;
    ServerSettings.Limits limits =
        new ServerSettings.Limits(
            bodyBytes,
            positive("--max-images", maxImages, 100_000),
            positive("--queue", queue, 1_000_000),
            4L * bodyBytes,
            new ImageLimits(bodyBytes, ImageLimits.DEFAULT.maxSide(), pixels));
    return new ServerSettings(
        host,
        port(),
        new BatchPolicy(
            positive("--max-batch", maxBatch, 4096),
            Duration.ofMillis(notNegative("--max-delay-ms", maxDelayMillis))),
        limits,
        Runtime.getRuntime().availableProcessors(),
        Duration.ofMillis(positive("--deadline-ms", deadlineMillis, Integer.MAX_VALUE)),
        Duration.ofMillis(notNegative("--grace-ms", graceMillis)));
  }

  private int port() {
    if (port < 0 || port > 65_535) {
      throw Failure.badInput("--port must be in 0..65535 but is %d", port);
    }
    return port;
  }

  private static int positive(String option, int value, int max) {
    if (value < 1 || value > max) {
      throw Failure.badInput("%s must be in 1..%d but is %d", option, max, value);
    }
    return value;
  }

  private static int notNegative(String option, int value) {
    if (value < 0) {
      throw Failure.badInput("%s must not be negative but is %d", option, value);
    }
    return value;
  }
}
