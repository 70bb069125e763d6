package dev.lapidary.serve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.model.InferenceEngine;
import org.junit.jupiter.api.Test;

class MachineTest {
  @Test
  void saysWhatRanTheNetwork() {
    assertThat(Machine.describe("2 cores", InferenceEngine.PYTORCH, "2.7.1"))
        .isEqualTo("2 cores; libtorch 2.7.1 on the CPU");
    assertThat(Machine.describe("2 cores", InferenceEngine.ONNXRUNTIME, "1.29.0"))
        .isEqualTo("2 cores; ONNX Runtime 1.29.0 on the CPU");
    assertThat(Machine.describe()).contains(" cores, load ", "; Java ").doesNotContain("Runtime");
  }
}
