package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchDevicesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "auto|0|cpu|1",
        "auto|8|cuda:0|1",
        "cpu|8|cpu|1",
        "cuda:7|8|cuda:7|1",
        "cuda:0,1|2|cuda:0,1|2",
        "cuda:0,cuda:1|2|cuda:0,1|2",
        "cuda:3,1,2|4|cuda:3,1,2|3",
      })
  void areTakenByTheirNames(String asked, int gpus, String devices, int count) {
    assertThat(TorchDevices.isName(asked)).isTrue();
    assertThat(TorchDevices.count(asked)).isEqualTo(count);
    TorchDevices found = TorchDevices.of(asked, gpus);
    assertThat(found).hasToString(devices);
    assertThat(found.all()).hasSize(count);
    assertThat(found.first()).isEqualTo(found.all().get(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cuda:0,1|0|--device cuda:0: libtorch sees no GPU here; use --device cpu, or see"
            + " docs/gpu.md",
        "cuda:0,1|1|--device cuda:1: libtorch sees 1 GPU here, the last is cuda:0; use --device"
            + " cpu, or see docs/gpu.md",
        "cuda:1,0,cuda:1|2|--device cuda:1,0,cuda:1 names a GPU twice; name each once, and more"
            + " workers by --world-size",
      })
  void areRefusedWithTheReason(String asked, int gpus, String message) {
    assertThatThrownBy(() -> TorchDevices.of(asked, gpus))
        .hasMessage(message)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"cpu,cpu", "cuda:0,cpu", "cuda,1", "cuda:0,", "cuda:0,,1", "auto,1", "0,1"})
  void otherNamesAreRefused(String asked) {
    assertThat(TorchDevices.isName(asked)).isFalse();
    assertThatThrownBy(() -> TorchDevices.of(asked, 8))
        .hasMessage("--device %s: expected auto, cpu, cuda:N or cuda:N,M", asked);
  }
}
