package dev.lapidary.models.zoo;

import dev.lapidary.core.fetch.FetchProgress;

/** Nothing is fetched in this test. */
enum NoProgress implements FetchProgress {
  HERE;

  @Override
  public void say(String line) {
    throw new AssertionError(line);
  }

  @Override
  public void transfer(String name, long done, long all) {
    throw new AssertionError(name);
  }
}
