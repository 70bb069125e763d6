package dev.lapidary.core.progress;

import dev.lapidary.core.fetch.FetchProgress;

/** What is told while work goes on. Who only wants its lines gives a lambda. */
@FunctionalInterface
public interface WorkProgress extends FetchProgress {
  /**
   * Called often.
   *
   * @param what is worked on, in a word
   * @param done of {@code all}
   */
  default void count(String what, long done, long all) {}

  @Override
  default void transfer(String name, long done, long all) {}
}
