package dev.lapidary.pytorch.libtorch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.PreprocessingOptions;
import dev.lapidary.runtime.model.ScoringOptions;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.model.TorchScriptLoader;
import dev.lapidary.runtime.session.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that a server must refuse in one line, whatever they were made for. */
class HostileArchiveTest {
  private static final PreprocessingOptions IMAGES =
      new PreprocessingOptions(
          Optional.of(4),
          Optional.empty(),
          Optional.of(4),
          List.of(0f, 0f, 0f),
          List.of(1f, 1f, 1f),
          Optional.empty());

  @TempDir Path folder;

  private static ServedModel load(Path file) {
    return TorchScriptLoader.load(file, IMAGES, ScoringOptions.NONE, Device.cpu(), 1);
  }

  private static void refused(Path file, ExitCode code, String text) {
    assertThatThrownBy(() -> load(file))
        .isInstanceOfSatisfying(Failure.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageStartingWith("[small.pt] ")
        .hasMessageContaining(text)
        .message()
        .hasLineCount(1);
  }

  /** Each would write a file, read one, or ask another machine. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.save(image, \"FILE\")\nreturn image",
        "ops.aten.save(image, \"FILE\")\nreturn image",
        "image.save(\"FILE\")\nreturn image",
        "write = torch.save\nwrite(image, \"FILE\")\nreturn image",
        "getattr(torch, \"save\")(image, \"FILE\")\nreturn image",
        "getattr(ops.aten, \"save\")(image, \"FILE\")\nreturn image",
        "return torch.from_file(\"FILE\", True, 48)",
        "return ops.c10d.send(image, 0, 1)",
        "return ops.inductor._alloc_from_pool(image, 0, 6, [48], [1])",
        "return ops.prim.rpc_sync(image)",
        "return rpc_sync(image)",
        "engine = annotate(__torch__.torch.classes.tensorrt.Engine, None)\nreturn image",
      })
  void aProgramThatReachesOutIsRefusedBeforeItRuns(String forward) throws IOException {
    Path written = folder.resolve("written");
    Path file = SmallArchive.write(folder, forward.replace("FILE", written.toString()), "");
    refused(file, ExitCode.UNSUPPORTED, "which may reach files or other machines");
    assertThat(written).doesNotExist();
  }

  /** libtorch runs {@code __setstate__} while it loads, and compiles what nobody calls. */
  @Test
  void soIsOneThatReachesOutElsewhere() throws IOException {
    Path written = folder.resolve("written");
    String save = "torch.save(self.w, \"" + written + "\")\n";
    Path file =
        SmallArchive.write(
            folder,
            SmallArchive.LOGITS,
            "  def __setstate__(self: __torch__.Net,\n    state: Tensor) -> NoneType:\n    "
                + save
                + "    return None\n");
    refused(file, ExitCode.UNSUPPORTED, "has torch.save, which may reach files");
    String other =
        "def hidden(x: Tensor) -> Tensor:\n  " + save.replace("self.w", "x") + "  return x\n";
    Path second =
        SmallArchive.write(
            folder, SmallArchive.LOGITS, "", Map.of("__torch__/elsewhere.py", other));
    refused(second, ExitCode.UNSUPPORTED, "code/__torch__/elsewhere.py:2");
    assertThat(written).doesNotExist();
  }

  /** What packed weights are, and operators of every kind that a network has, is no reason. */
  @Test
  void whatInferenceNeedsIsRead() throws IOException {
    String packed =
        "x = annotate(Optional[__torch__.torch.classes.quantized.Conv2dPackedParamsBase], None)\n"
            + "y = ops.quantized.relu6(image, False)\n"
            + "z = ops.prim.NumToTensor(1)\n"
            + "print(\"saved\")\n"
            + "return torch.relu_(image)";
    Path file = SmallArchive.write(folder, packed, "");
    assertThat(new LibtorchEngine().read(file).card()).isEmpty();
  }

  static Stream<byte[]> broken() throws IOException {
    byte[] whole = Files.readAllBytes(Golden.file("torchscript/mobilenet_v3_small-traced.pt"));
    return Stream.of(
        new byte[0],
        "no archive".getBytes(UTF_8),
        new byte[] {'P', 'K', 3, 4},
        Arrays.copyOf(whole, whole.length / 2),
        Arrays.copyOf(whole, whole.length - 30),
        Arrays.copyOfRange(whole, 64, whole.length));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void aBrokenFileIsRefused(byte[] bytes) throws IOException {
    Path file = folder.resolve("small.pt");
    Files.write(file, bytes);
    refused(file, ExitCode.BAD_INPUT, "");
  }

  /** A byte here and there: refused in one line, or it answers; the process stays. */
  @Test
  void flippedBytesNeverEndTheProcess() throws IOException {
    byte[] whole = Files.readAllBytes(SmallArchive.logits(folder));
    Random random = new Random(7);
    for (int i = 0; i < 60; i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      Path file = Files.write(folder.resolve("flipped" + i + ".pt"), bytes);
      try (ServedModel model = load(file)) {
        assertThat(model.labels()).isNotEmpty();
      } catch (Failure e) {
        assertThat(e.getMessage()).startsWith("[flipped" + i + ".pt] ").hasLineCount(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return torch.no_such_operator(image)",
        "return nothing",
        "return torch.matmul(image, self.missing)",
        "ops.prim.RaiseException(\"no\", None)\nreturn image",
      })
  void aProgramThatDoesNotRunIsRefused(String forward) throws IOException {
    Path file = SmallArchive.write(folder, forward, "");
    assertThatThrownBy(() -> load(file))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[small.pt] ")
        .message()
        .hasLineCount(1);
  }
}
