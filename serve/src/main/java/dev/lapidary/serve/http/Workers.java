package dev.lapidary.serve.http;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that all models share: those that decode images, and those that take bodies apart.
 */
final class Workers implements AutoCloseable {
  /** Requests are taken apart beside the decoders: what waits there would be in no backlog. */
  private static final int FORM_THREADS = 2;

  private final ExecutorService forms = threads("lapidary-form-", FORM_THREADS);
  private final ExecutorService control = threads("lapidary-control-", 1);
  private final ExecutorService decoders;

  Workers(int decodeThreads) {
    this.decoders = threads("lapidary-decode-", decodeThreads);
  }

  private static ExecutorService threads(String name, int count) {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        count,
        task -> {
          Thread thread = new Thread(task, name + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  Executor forms() {
    return forms;
  }

  Executor decoders() {
    return decoders;
  }

  /** Loads and unloads models, one after the other. */
  Executor control() {
    return control;
  }

  /** Takes nothing more; what it has goes on. */
  @Override
  public void close() {
    forms.shutdown();
    decoders.shutdown();
    control.shutdown();
  }
}
