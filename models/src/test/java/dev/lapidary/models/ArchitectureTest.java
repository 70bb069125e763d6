package dev.lapidary.models;

import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("models");
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
