package dev.lapidary.core;

import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("core");
  }

  @Override
  protected List<String> mayUse() {
    return List.of();
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "ai.onnxruntime", "io.micronaut");
  }
}
