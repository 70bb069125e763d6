package dev.lapidary.quickstart;

import dev.lapidary.core.ArchitectureContract;
import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("quickstart");
  }

  @Override
  protected List<String> mayUse() {
    return List.of("dev.lapidary.core");
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "ai.onnxruntime", "io.micronaut");
  }
}
