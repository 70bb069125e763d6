package dev.lapidary.serve.cli;

import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.serve.http.ModelReader;
import dev.lapidary.serve.http.ReadModel;
import dev.lapidary.serve.repository.FileFingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads the one model while the HTTP server starts, since both take a third of what it is until the
 * server is ready. What it read is for whoever asks for that file first; all else is read when it
 * is asked for.
 */
final class EarlyRead implements ModelReader, AutoCloseable {
  private final Path early;
  private final ModelReader reader;
  private final Optional<String> fingerprint;
  private final CompletableFuture<ReadModel> read;
  private final AtomicBoolean taken = new AtomicBoolean();

  /**
   * @param early of a folder of models: nothing is read early
   */
  EarlyRead(Path early, ModelReader reader) {
    this.early = early;
    this.reader = reader;
    this.fingerprint =
        Files.isRegularFile(early) ? FileFingerprint.of(early) : Optional.empty(); // or a folder
    this.read =
        fingerprint.isPresent()
            ? CompletableFuture.supplyAsync(
                () -> reader.read(early), task -> DaemonThreads.start("lapidary-load", task))
            : CompletableFuture.failedFuture(new IOException("no file"));
  }

  @Override
  public boolean takes(String fileName) {
    return reader.takes(fileName);
  }

  @Override
  public ReadModel read(Path file) {
    boolean same =
        fingerprint.isPresent()
            && file.equals(early)
            && fingerprint.equals(FileFingerprint.of(file));
    if (!same || !taken.compareAndSet(false, true)) {
      return reader.read(file);
    }
    try {
      return read.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException reason) {
        throw reason;
      }
      throw e;
    }
  }

  /** Waits for what nobody asked for, and closes it: no native call may outlast the program. */
  @Override
  public void close() {
    if (taken.compareAndSet(false, true)) {
      read.handle((model, failure) -> Optional.ofNullable(model))
          .join()
          .ifPresent(ReadModel::close);
    }
  }
}
