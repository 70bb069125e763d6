package dev.lapidary.serve.bench;

import java.time.Duration;

/** A contender, and what it has shown in the rounds. */
record Sampled(Contender contender, Samples samples) {
  Sampled(Contender contender) {
    this(contender, new Samples());
  }

  void warmUp(Duration time) throws Exception {
    contender.measure(time, new Samples());
  }

  /** Returns whether it answered at all. */
  boolean measure(Duration time) throws Exception {
    long before = samples.answered();
    contender.measure(time, samples);
    return samples.answered() > before;
  }
}
