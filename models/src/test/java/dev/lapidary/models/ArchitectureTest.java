package dev.lapidary.models;

import dev.lapidary.core.ArchitectureContract;
import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("models");
  }

  @Override
  protected List<String> mayUse() {
    return List.of("dev.lapidary.core", "dev.lapidary.torchscript");
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "ai.onnxruntime", "io.micronaut");
  }
}
