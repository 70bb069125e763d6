package dev.lapidary.benchmarks;

import java.nio.file.Path;

/** The images of the tests, in the checkout that {@code bin/benchmark} lies in. */
final class TestImages {
  private TestImages() {}

  static Path file(String name) {
    return Path.of(
        System.getProperty("lapidary.home", "."), "core/src/test/resources/golden/images", name);
  }
}
