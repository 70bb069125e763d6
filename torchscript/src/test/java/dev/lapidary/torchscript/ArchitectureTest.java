package dev.lapidary.torchscript;

import dev.lapidary.core.ArchitectureContract;
import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("torchscript");
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
