package dev.lapidary.spark;

import dev.lapidary.core.ArchitectureContract;
import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("spark");
  }

  @Override
  protected List<String> mayUse() {
    return List.of("dev.lapidary.core", "dev.lapidary.runtime", "dev.lapidary.trainer");
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "io.micronaut", "sun.misc");
  }
}
