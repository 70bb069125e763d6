package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.StopSignal;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.serve.http.AccessLog;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import dev.lapidary.serve.repository.ModelFiles;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
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
@Command(
    name = "run",
    description = "Answers POST /predict until it is stopped (SIGINT, SIGTERM).",
    defaultValueProvider = Configuration.class)
final class RunCommand implements Callable<Integer>, HelpSection.Command {
  /** Before it measures; a client that comes now and then is not slowed by it. */
  private static final Duration IDLE = Duration.ofSeconds(2);

  /** How batches are made. */
  enum Batching {
    auto,
    fixed
  }

  @Spec private @Nullable CommandSpec spec;
  @Mixin private ModelOptions model = new ModelOptions();

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
      description = "a line of JSON for each HTTP request, behind what the file has; -: on stdout")
  private Optional<String> accessLog = Optional.empty();

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
      names = "--batching",
      paramLabel = "HOW",
      description =
          "auto: batches up to --max-batch, and whether several run at a time, as the network's"
              + " latency curve says, measured when nothing is asked and kept; fixed: whatever has"
              + " queued, one batch at a time")
  private Batching batching = Batching.auto;

  @Option(
      names = "--slo-p99",
      paramLabel = "MS",
      description =
          "with --batching auto: of 100 requests 99 are to be answered within so long; what would"
              + " be late is refused with 504, and batches are as large as that allows")
  private Optional<Integer> sloMillis = Optional.empty();

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
      description = "for a request without X-Deadline-Ms, at most --max-deadline-ms; beyond it 504")
  private int deadlineMillis = millis(ServerSettings.Timeouts.DEFAULT.deadline());

  @Option(
      names = "--max-deadline-ms",
      paramLabel = "MS",
      description = "the longest that a request gets, whatever its X-Deadline-Ms says")
  private int maxDeadlineMillis = millis(ServerSettings.Timeouts.DEFAULT.maxDeadline());

  @Option(
      names = "--header-timeout-ms",
      paramLabel = "MS",
      description = "from a connection's beginning to its first request's whole header")
  private int headerMillis = millis(ServerSettings.Timeouts.DEFAULT.header());

  @Option(
      names = "--min-body-rate",
      paramLabel = "BYTES",
      description = "a second, of a body after its first 5 s; below it 408")
  private int bodyRate = ServerSettings.Timeouts.DEFAULT.bodyBytesPerSecond();

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description = "open at a time; beyond it they are closed")
  private int maxConnections = ServerSettings.Limits.DEFAULT.connections();

  @Option(
      names = "--drain-delay-ms",
      paramLabel = "MS",
      description =
          "how long a stop still answers new requests while it is not ready, so that a load"
              + " balancer notices")
  private int drainMillis = millis(ServerSettings.Timeouts.DEFAULT.drainDelay());

  @Option(
      names = "--grace-ms",
      paramLabel = "MS",
      description = "how long a stop waits for accepted requests")
  private int graceMillis = millis(ServerSettings.Timeouts.DEFAULT.grace());

  @Option(
      names = "--versions",
      paramLabel = "WHICH",
      description = "of each model in a folder: latest or all")
  private Versions versions = Versions.latest;

  @Option(
      names = "--model-control",
      paramLabel = "MODE",
      description =
          "none; explicit: clients may load and unload models of the folder by /v2/repository;"
              + " poll: what changes in the folder is loaded")
  private ModelControl control = ModelControl.none;

  @Option(
      names = "--poll-ms",
      paramLabel = "MS",
      description = "how often --model-control poll looks")
  private int pollMillis = 5000;

  @Option(
      names = "--hangup",
      paramLabel = "WHAT",
      description = "what SIGHUP does: reload models that have changed, or stop")
  private Hangup hangup = Hangup.reload;

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "keys, one a line, KEY or NAME:KEY: each request but those to health must show one"
              + " (Authorization: Bearer KEY, or X-API-Key: KEY); SIGHUP reads them again")
  private Optional<Path> apiKeys = Optional.empty();

  @Option(names = "--no-page", description = "no page at /, which shows people the models")
  private boolean noPage;

  /** As they are typed. */
  private enum Versions {
    latest,
    all
  }

  private enum ModelControl {
    none,
    explicit,
    poll
  }

  private enum Hangup {
    reload,
    stop
  }

  @Override
  public List<HelpSection> sections() {
    return List.of(
        new HelpSection(
            "Server",
            List.of("--host", "--port", "--grpc-port", "--api-keys", "--access-log"),
            List.of("--no-page")),
        new HelpSection(
            "Model",
            List.of("--model", "--threads", "--labels"),
            List.of(
                "--resize",
                "--interpolation",
                "--crop",
                "--mean",
                "--std",
                "--scores",
                "--activation")),
        new HelpSection(
            "Batches",
            List.of("--batching", "--slo-p99", "--max-batch", "--max-delay-ms"),
            List.of()),
        new HelpSection(
            "Limits",
            List.of("--queue", "--max-images", "--max-body-mb", "--max-megapixels"),
            List.of("--max-connections", "--min-body-rate")),
        new HelpSection(
            "Times",
            List.of("--deadline-ms"),
            List.of("--max-deadline-ms", "--header-timeout-ms", "--drain-delay-ms", "--grace-ms")));
  }

  @Override
  public Integer call() {
    PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
    ServerSettings settings = settings();
    Optional<AccessLog> requests = accessLog.map(this::open);
    try (PredictionServer server = PredictionServer.bind(settings, requests);
        // Not by a shutdown hook: ONNX Runtime has one, too, and hooks run beside each other.
        StopSignal signal = StopSignal.take(server::close)) {
      try {
        server.readApiKeys().forEach(line -> say(err, "warning: " + line));
        warnIfOthersReach(server.uri(), err);
        grpcPort.ifPresent(
            own -> say(err, "gRPC on " + host + ":" + server.listenGrpc(port("--grpc-port", own))));
        load(server, err);
        try (Reloads reloads = new Reloads(server, line -> say(err, line))) {
          reloads.begin(hangup == Hangup.reload, control == ModelControl.poll, pollMillis());
          if (signal.status().isEmpty()) {
            announce(server.unready(), server, err);
          }
          server.awaitClose();
        }
      } catch (InterruptedException e) {
        // The calling thread is told to end: a clean stop, as by a signal.
      } catch (RuntimeException e) {
        if (signal.status().isEmpty()) {
          throw e;
        } // what a stop takes away from a start that is under way is no failure
      }
      return signal.status().orElse(ExitCode.DONE.status());
    }
  }

  /** Standard output stays open behind it. */
  private AccessLog open(String file) {
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

  private void load(PredictionServer server, PrintWriter err) {
    List<ModelFiles.Change> changes =
        server.serve(
            model.path(),
            versions == Versions.all,
            control == ModelControl.explicit,
            file -> model.read(file, note -> say(err, "warning: " + note)));
    if (changes.size() > 1) {
      changes.forEach(change -> say(err, Reloads.line(change)));
    }
  }

  /** From whichever thread, a line at a time. */
  private static void say(PrintWriter err, String line) {
    synchronized (err) {
      err.println(line);
      err.flush();
    }
  }

  private int pollMillis() {
    return positive("--poll-ms", pollMillis, 86_400_000);
  }

  private void warnIfOthersReach(URI uri, PrintWriter err) {
    try {
      if (!InetAddress.getByName(host).isLoopbackAddress()) {
        err.printf(
            apiKeys.isPresent()
                ? "warning: --host %s is reached from other machines at port %d, and API keys that"
                    + " are sent there without TLS can be read on the way%n"
                : "warning: --host %s is reached from other machines, and the server has no access"
                    + " control: whoever reaches port %d may use it%n",
            host,
            uri.getPort());
      }
    } catch (UnknownHostException e) {
      throw Failure.badInput("--host %s is no address of this machine", host);
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
            positive("--max-connections", maxConnections, 1_000_000),
            new ImageLimits(bodyBytes, ImageLimits.DEFAULT.maxSide(), pixels));
    return new ServerSettings(
        host,
        port("--port", port),
        new BatchPolicy(
            positive("--max-batch", maxBatch, 4096),
            Duration.ofMillis(notNegative("--max-delay-ms", maxDelayMillis))),
        limits,
        Runtime.getRuntime().availableProcessors(),
        timeouts(),
        tuning(),
        new ServerSettings.Access(apiKeys, !noPage));
  }

  private ServerSettings.Tuning tuning() {
    if (batching == Batching.fixed && sloMillis.isPresent()) {
      throw Failure.badInput("--slo-p99 is what --batching auto works towards, not fixed");
    }
    PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
    return new ServerSettings.Tuning(
        batching == Batching.auto,
        !model.hasThreads(),
        sloMillis.map(millis -> Duration.ofMillis(positive("--slo-p99", millis, 3_600_000))),
        IDLE,
        WeightsCache.userFolder().resolve("curves"),
        line -> say(err, line));
  }

  /** A request without a deadline of its own has the objective's. */
  private int deadlineMillis() {
    int told = positive("--deadline-ms", deadlineMillis, 86_400_000);
    return sloMillis.map(slo -> Math.min(told, slo)).orElse(told);
  }

  private ServerSettings.Timeouts timeouts() {
    ServerSettings.Timeouts standard = ServerSettings.Timeouts.DEFAULT;
    int maximum = positive("--max-deadline-ms", maxDeadlineMillis, 86_400_000);
    return standard
        .withDeadlines(
            Duration.ofMillis(maximum), Duration.ofMillis(Math.min(maximum, deadlineMillis())))
        .withReading(
            Duration.ofMillis(positive("--header-timeout-ms", headerMillis, 3_600_000)),
            standard.bodyGrace(),
            notNegative("--min-body-rate", bodyRate))
        .withStop(
            Duration.ofMillis(notNegative("--drain-delay-ms", drainMillis)),
            Duration.ofMillis(notNegative("--grace-ms", graceMillis)));
  }

  private static int millis(Duration time) {
    return (int) time.toMillis();
  }

  private static int port(String option, int value) {
    if (value < 0 || value > 65_535) {
      throw Failure.badInput("%s must be in 0..65535 but is %d", option, value);
    }
    return value;
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
