package dev.lapidary.serve.bench;

import java.net.URI;

/** What else is done to a server while its clients ask it. */
public interface Disturbance {
  /** In a few words. */
  String name();

  /** Begins; it goes on until what is returned is ended. */
  Running begin(URI server) throws Exception;

  /** Of a disturbance that goes on. */
  @FunctionalInterface
  interface Running {
    void end() throws InterruptedException;
  }
}
