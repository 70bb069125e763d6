package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchDeviceTest {
  @ParameterizedTest
  @CsvSource({
    "auto, 0, cpu",
    "auto, 1, cuda:0",
    "auto, 8, cuda:0",
    "cpu, 0, cpu",
    "cpu, 8, cpu",
    "cuda, 1, cuda:0",
    "cuda:0, 1, cuda:0",
    "cuda:7, 8, cuda:7",
  })
  void isTakenByPytorchsName(String asked, int gpus, String device) {
    assertThat(TorchDevice.of(asked, gpus)).hasToString(device);
    assertThat(TorchDevice.isName(asked)).isTrue();
  }

  @Test
  void isDjlsDeviceOfThatNumber() {
    assertThat(TorchDevice.of("cuda:7", 8).inDjl().getDeviceId()).isEqualTo(7);
    assertThat(TorchDevice.of("cuda:7", 8).inDjl().isGpu()).isTrue();
    assertThat(TorchDevice.CPU.inDjl().isGpu()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cuda:0|0|libtorch sees no GPU here",
        "cuda|0|libtorch sees no GPU here",
        "cuda:1|1|libtorch sees 1 GPU here, the last is cuda:0",
        "cuda:9|8|libtorch sees 8 GPUs here, the last is cuda:7",
      })
  void isRefusedWhereThereIsNone(String asked, int gpus, String found) {
    assertThatThrownBy(() -> TorchDevice.of(asked, gpus))
        .hasMessage("--device %s: %s; use --device cpu, or see docs/gpu.md", asked, found)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "gpu0", "cuda:", "cuda:-1", "cuda:x", "CUDA", "mps", ""})
  void anotherNameIsRefused(String asked) {
    assertThat(TorchDevice.isName(asked)).isFalse();
    assertThatThrownBy(() -> TorchDevice.of(asked, 1))
        .hasMessage("--device %s: expected auto, cpu or cuda:N", asked);
  }

  @Test
  void libtorchOfThisBuildIsAsked() {
    assertThat(TorchDevice.of("auto").isGpu()).isEqualTo(Libtorch.engine().getGpuCount() > 0);
  }
}
