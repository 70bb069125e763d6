package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.cli.StopSignal;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.serve.http.AccessLog;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.http.ServerSettings;
import dev.lapidary.serve.repository.ModelFiles;
import dev.lapidary.serve.repository.ShadowRoute;
import dev.lapidary.serve.repository.TrafficSplit;
import dev.lapidary.serve.tracing.RequestSpans;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code serve run}. */
@Command(
    name = "run",
    description = "Answers POST /predict until it is stopped (SIGINT, SIGTERM).",
    defaultValueProvider = Configuration.class)
final class RunCommand extends ProgramCommand implements HelpSection.Command {
  @Mixin private ListenOptions listen = new ListenOptions();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private DeviceOptions devices = new DeviceOptions();
  @Mixin private FolderOptions folder = new FolderOptions();
  @Mixin private BatchOptions batches = new BatchOptions();
  @Mixin private LimitOptions limits = new LimitOptions();
  @Mixin private TimeOptions times = new TimeOptions();

  @Override
  public List<HelpSection> sections() {
    return List.of(
        ListenOptions.section(),
        ModelOptions.section(),
        FolderOptions.section(),
        BatchOptions.section(),
        LimitOptions.section(),
        TimeOptions.section());
  }

  @Override
  public Integer call() {
    ServerSettings settings = settings();
    model.requireEngine();
    List<Device> runOn = devices.devices(this::say);
    List<TrafficSplit> splits = folder.splits();
    List<ShadowRoute> shadows = folder.shadows();
    Optional<RequestSpans> spans = listen.spans(System.getenv());
    Optional<AccessLog> requests = listen.log();
    try (EarlyRead models = new EarlyRead(model.path(), model.reader(runOn, this::warn));
        PredictionServer server = PredictionServer.bind(settings, requests, spans);
        // Not by a shutdown hook: ONNX Runtime has one, too, and hooks run beside each other.
        StopSignal signal = StopSignal.take(server::close)) {
      try {
        server.readApiKeys().forEach(this::warn);
        server.readCertificate().forEach(this::warn);
        listen.warning(server.uri().getPort()).ifPresent(this::warn);
        listen
            .grpcPort()
            .ifPresent(own -> say("gRPC on " + listen.host() + ":" + server.listenGrpc(own)));
        server.split(splits);
        server.shadow(shadows);
        load(server, models);
        try (Reloads reloads = new Reloads(server, this::say)) {
          reloads.begin(folder.reloadsAtHangup(), folder.pollMillis());
          if (signal.status().isEmpty()) {
            announce(server);
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

  private ServerSettings settings() {
    return new ServerSettings(
        listen.host(),
        listen.port(),
        batches.policy(),
        limits.limits(),
        Runtime.getRuntime().availableProcessors(),
        times.timeouts(batches.p99(), limits.minBytesPerSecond()),
        batches.tuning(!model.hasThreads(), this::say),
        listen.access(),
        batches.priorities());
  }

  private void load(PredictionServer server, EarlyRead models) {
    List<ModelFiles.Change> changes =
        server.serve(model.path(), folder.allVersions(), folder.clientsLoad(), models);
    if (changes.size() > 1) {
      changes.forEach(change -> say(Reloads.line(change)));
    }
  }

  private void announce(PredictionServer server) {
    say(
        server
            .unready()
            .map(reason -> "not ready on " + server.uri() + ": " + reason)
            .orElse("listening on " + server.uri()));
  }

  private void warn(String line) {
    say("warning: " + line);
  }
}
