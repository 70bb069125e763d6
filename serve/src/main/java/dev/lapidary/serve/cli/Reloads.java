package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HangupSignal;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.serve.http.PredictionServer;
import dev.lapidary.serve.repository.ModelFiles;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * At a hangup (SIGHUP) reads the API keys and the certificate again and loads models again, or
 * these as often as told, until it is closed.
 */
final class Reloads implements AutoCloseable {
  private final PredictionServer server;
  private final Consumer<String> say;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("lapidary-reload"));
  private String lastTrouble = "";
  private @Nullable HangupSignal hangup;

  /**
   * @param say is told each change, in one line
   */
  Reloads(PredictionServer server, Consumer<String> say) {
    this.server = server;
    this.say = say;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the thread
  void begin(boolean atHangup, OptionalInt pollMillis) {
    if (atHangup) {
      hangup =
          HangupSignal.take(
              () ->
                  thread.execute(
                      () -> {
                        readAgain("the API keys stay as they were", server::readApiKeys);
                        readAgain("the certificate stays as it was", server::readCertificate);
                        reload();
                      }));
    }
    pollMillis.ifPresent(
        millis ->
            thread.scheduleWithFixedDelay(this::reload, millis, millis, TimeUnit.MILLISECONDS));
  }

  private void readAgain(String otherwise, Supplier<List<String>> read) {
    try {
      read.get().forEach(warning -> say.accept("warning: " + warning));
    } catch (Failure e) {
      say.accept("warning: " + otherwise + ": " + Failure.reason(e));
    }
  }

  private void reload() {
    try {
      List<ModelFiles.Change> changes = server.reload();
      changes.forEach(change -> say.accept(line(change)));
      if (!changes.isEmpty()) {
        server.shadowTroubles().forEach(trouble -> say.accept("warning: " + trouble));
      }
      lastTrouble = "";
    } catch (Failure e) {
      if (!Failure.reason(e).equals(lastTrouble)) { // once, not at every look
        lastTrouble = Failure.reason(e);
        say.accept("warning: nothing is reloaded: " + lastTrouble);
      }
    } catch (RuntimeException | Error e) {
      say.accept("warning: the reload failed: " + Failure.reason(e));
    }
  }

  /** Such as {@code loaded shoes version 2}. */
  static String line(ModelFiles.Change change) {
    String id = change.id().name() + " version " + change.id().version();
    return switch (change.what()) {
      case LOADED -> "loaded " + id;
      case RELOADED -> "reloaded " + id;
      case UNLOADED -> "unloaded " + id;
      case REFUSED, BROKEN -> "warning: " + id + " is not loaded: " + change.reason();
    };
  }

  @Override
  public void close() {
    HangupSignal taken = hangup;
    if (taken != null) {
      taken.close();
    }
    thread.shutdownNow();
  }
}
