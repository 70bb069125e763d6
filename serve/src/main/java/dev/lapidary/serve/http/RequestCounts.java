package dev.lapidary.serve.http;

import io.micronaut.http.HttpStatus;

/** What became of the requests to {@code POST /predict} so far. Thread-safe. */
public final class RequestCounts {
  private long received;
  private long classified;
  private long refused;
  private long late;
  private long gone;
  private long failed;
  private long unauthorized;

  RequestCounts() {}

  /**
   * @param received whose header came
   * @param classified answered with predictions, also if each is an error
   * @param refused for what they are, or since there was no room, or no model
   * @param late whose deadline passed, or would have
   * @param gone whose client closed the connection before its answer
   * @param failed by a fault of the server
   */
  public record Snapshot(
      long received, long classified, long refused, long late, long gone, long failed) {
    /** Requests that are neither answered nor given up by their clients. */
    public long open() {
      return received - classified - refused - late - gone - failed;
    }
  }

  synchronized void received() {
    received++;
  }

  synchronized void predictions() {
    classified++;
  }

  synchronized void refused(Refusal refusal) {
    if (refusal.code().equals(Refusal.CLIENT_GONE)) {
      gone++;
    } else if (refusal.status() == HttpStatus.GATEWAY_TIMEOUT) {
      late++;
    } else if (refusal.status() == HttpStatus.INTERNAL_SERVER_ERROR) {
      failed++;
    } else {
      refused++;
    }
  }

  /** Turned away before it counts as received, whatever it asked for. */
  synchronized void unauthorized() {
    unauthorized++;
  }

  /** Requests that came without a key that is known. */
  public synchronized long withoutKey() {
    return unauthorized;
  }

  /** All counts of one moment. */
  public synchronized Snapshot snapshot() {
    return new Snapshot(received, classified, refused, late, gone, failed);
  }
}
