package dev.lapidary.pytorch;

import dev.lapidary.core.ArchitectureContract;
import java.util.List;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("pytorch");
  }

  @Override
  protected List<String> mayUse() {
    return List.of(
        "dev.lapidary.core",
        "dev.lapidary.torchscript",
        "dev.lapidary.models",
        "dev.lapidary.runtime");
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.onnxruntime", "io.micronaut", "sun.misc");
  }
}
