package dev.lapidary.core.fetch;

/** What is told while a file is fetched. */
public interface FetchProgress {
  /** A line of its own. */
  void say(String line);

  /**
   * Called often.
   *
   * @param done bytes that are here
   * @param all bytes of the file; -1 if the server does not say
   */
  void transfer(String name, long done, long all);
}
