package dev.lapidary.runtime;

import dev.lapidary.core.ArchitectureContract;
import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("runtime");
  }

  @Override
  protected List<String> mayUse() {
    return List.of();
  }

  /** No signal handler either: that is a program's affair. */
  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "io.micronaut", "sun.misc");
  }
}
