package dev.lapidary.serve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.TinyModels;
import dev.lapidary.runtime.session.Device;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Which devices are chosen, with GPUs and without, and what is said of those that cannot be. */
class DeviceOptionsTest {
  private static final String NO_CUDA = "this ONNX Runtime has no CUDAExecutionProvider";

  private final List<String> said = new ArrayList<>();

  @Command
  private static final class Holder {
    @Mixin private DeviceOptions devices = new DeviceOptions();
  }

  /**
   * @param why each GPU cannot be used; empty if each can
   */
  private List<String> chosen(Optional<String> why, String... options) {
    Holder holder = new Holder();
    new CommandLine(holder).parseArgs(options);
    return holder
        .devices
        .devices(said::add, device -> device.isGpu() ? why : Optional.empty())
        .stream()
        .map(Device::toString)
        .toList();
  }

  @Test
  void namesArePyTorchs() {
    Optional<String> usable = Optional.empty();
    assertThat(chosen(usable)).containsExactly("cpu");
    assertThat(chosen(usable, "--device", "cpu")).containsExactly("cpu");
    assertThat(chosen(usable, "--device", "cuda")).containsExactly("cuda:0");
    assertThat(chosen(usable, "--device", "cuda:1,cuda:0")).containsExactly("cuda:1", "cuda:0");
    assertThat(chosen(usable, "--device", "cuda:1", "--provider", "cuda"))
        .containsExactly("cuda:1");
    assertThat(chosen(usable, "--device", "cuda:0,cuda:1", "--provider", "tensorrt"))
        .containsExactly("cuda:0 by TensorRT", "cuda:1 by TensorRT");
    assertThat(said).isEmpty();
  }

  @Test
  void autoSaysWhatItTook() {
    assertThat(chosen(Optional.empty(), "--device", "auto")).containsExactly("cuda:0");
    assertThat(chosen(Optional.of(NO_CUDA), "--device", "auto")).containsExactly("cpu");
    assertThat(chosen(Optional.of("none"), "--device", "auto", "--provider", "tensorrt"))
        .containsExactly("cpu");
    assertThat(said)
        .containsExactly(
            "device: cuda:0",
            "device: cpu (cuda:0: " + NO_CUDA + ")",
            "device: cpu (cuda:0 by TensorRT: none)");
  }

  @Test
  void whatIsAskedForIsNeverReplaced() {
    assertThatThrownBy(() -> chosen(Optional.of(NO_CUDA), "--device", "cuda:0,cuda:1"))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.UNSUPPORTED))
        .hasMessage(
            "--device cuda:0,cuda:1: cuda:0 cannot be used: "
                + NO_CUDA
                + "; take a build with -Pcuda (docs/gpu.md), --device auto or --device cpu");
    String noTensorRt = "this ONNX Runtime has no TensorrtExecutionProvider";
    assertThatThrownBy(
            () -> chosen(Optional.of(noTensorRt), "--device", "cuda", "--provider", "tensorrt"))
        .hasMessage(
            "--device cuda: cuda:0 by TensorRT cannot be used: "
                + noTensorRt
                + "; take --provider cuda, --device auto or --device cpu");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpu|--device gpu: 'gpu' is no device, expected cpu or cuda:N, several of these with"
            + " commas, or auto",
        "cuda:x|--device cuda:x: 'cuda:x' is no device, .*",
        "cuda:0,|--device cuda:0,: '' is no device, .*",
        "cuda:-1|--device cuda:-1: 'cuda:-1' is no device, .*",
        "auto,cpu|--device auto,cpu: 'auto' is no device, .*",
        "cuda,cuda:0|--device cuda,cuda:0 names cuda:0 twice",
        "cpu,cuda:0|--device cpu,cuda:0: the CPU runs beside no GPU; name GPUs alone, or cpu"
      })
  void anotherNameIsRefused(String name, String words) {
    assertThatThrownBy(() -> chosen(Optional.empty(), "--device", name))
        .isInstanceOfSatisfying(
            Failure.class, e -> assertThat(e.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageMatching(words);
  }

  @Test
  void aProviderIsOfAGpu() {
    assertThatThrownBy(() -> chosen(Optional.empty(), "--provider", "tensorrt"))
        .hasMessage("--provider tensorrt is of a GPU; name one with --device cuda:0");
  }

  /** As a user meets it, where the class path has no GPU's ONNX Runtime. */
  @Test
  void serveRunEndsWhereThereIsNoGpu(@TempDir Path folder) throws Exception {
    StringWriter err = new StringWriter();
    String model = TinyModels.write(folder).toString();
    String[] run = {"run", "--port", "0", "--model", model, "--device", "cuda:0"};
    int status = ServeMain.run(new PrintWriter(new StringWriter()), new PrintWriter(err), run);
    assertThat(status).isEqualTo(ExitCode.UNSUPPORTED.status());
    assertThat(err.toString())
        .isEqualTo(
            "error: --device cuda:0: cuda:0 cannot be used: %s; take a build with -Pcuda (docs/gpu.md),"
                    .formatted(NO_CUDA)
                + " --device auto or --device cpu"
                + System.lineSeparator());
  }
}
