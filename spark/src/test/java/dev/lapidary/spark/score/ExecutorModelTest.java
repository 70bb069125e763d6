package dev.lapidary.spark.score;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ExecutorModelTest {

  @Test
  void anExecutorWhoseCommandLineKillsOnnxRuntimeRefusesTheModel() {
    assertThatThrownBy(() -> ExecutorModel.requireHarmlessReport("m.onnx", 9000, true))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[m.onnx] this JVM's command line has 9000 characters, and of more than 3500 ONNX"
                + " Runtime's report of usage dies; set ORT_DISABLE_TELEMETRY=1 in its environment"
                + " (--conf spark.executorEnv.ORT_DISABLE_TELEMETRY=1)");
    assertThatCode(() -> ExecutorModel.requireHarmlessReport("m.onnx", 9000, false))
        .doesNotThrowAnyException();
    assertThatCode(() -> ExecutorModel.requireHarmlessReport("m.onnx", 3500, true))
        .doesNotThrowAnyException();
  }

  @Test
  void whatIsNoModelIsRefused() {
    ShippedModel file = new ShippedModel("m.onnx", "none", "no".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> ExecutorModel.of("none", () -> file, 1))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[m.onnx] ONNX Runtime cannot load it, expected an ONNX model: ");
  }
}
