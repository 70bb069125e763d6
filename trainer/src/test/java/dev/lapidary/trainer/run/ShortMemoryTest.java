package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.weights.WeightsFile;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.loop.RunOutcome;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A linear layer over images of 8 x 8 that, while it trains, makes libtorch fail to get 2^62 bytes
 * or fp16's gradients overflow: in whole runs.
 */
class ShortMemoryTest {
  private static final BooleanSupplier NEVER = () -> false;
  private static final String NO_MEMORY =
      "torch.add(y, torch.sum(torch.empty([1152921504606846976])))";

  @TempDir private Path folder;
  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);
  private Path data;

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 10, 1);
  }

  @Test
  void theBatchIsHalvedAndKeepsItsGradients() throws IOException {
    RunConfig limited = config("torch.gt(torch.size(x, 0), 3)", NO_MEMORY, "fp32");
    Path out = folder.resolve("limited");
    Runs.start(out, limited, progress, NEVER);
    assertThat(said.toString())
        .contains("out of memory at step 1")
        .contains("a batch of 12 are summed over parts of 6 images")
        .contains("a batch of 12 are summed over parts of 3 images");
    Path free = folder.resolve("free");
    Runs.start(free, config("torch.gt(torch.size(x, 0), 3)", "y", "fp32"), progress, NEVER);
    float[] expected = weights(free);
    float[] found = weights(out);
    for (int i = 0; i < found.length; i++) {
      // Sums of other orders in float32.
      assertThat(found[i]).isCloseTo(expected[i], within(1e-6f));
    }
    assertThat(expected).isNotEqualTo(Uniform.tensor("p", 3, 192).toFloats());
    Path stopped = folder.resolve("stopped");
    RunOutcome outcome = Runs.start(stopped, limited, progress, () -> true);
    while (outcome == RunOutcome.INTERRUPTED) {
      outcome = Runs.resume(stopped, List.of(), List.of(), progress, () -> true);
    }
    assertThat(stopped.resolve("model.pt")).hasSameBinaryContentAs(out.resolve("model.pt"));
  }

  @Test
  void noMemoryForOneImageIsSaid() throws IOException {
    RunConfig never = config("torch.gt(torch.size(x, 0), 0)", NO_MEMORY, "fp32");
    assertThatThrownBy(() -> Runs.start(folder.resolve("run"), never, progress, NEVER))
        .hasMessageContaining("out of memory at step 1 (stage all) even with one image at a time");
  }

  @Test
  void anOverflowInFp16SkipsTheStepAndHalvesTheScale() throws IOException {
    Path out = folder.resolve("run");
    String large = "torch.mul(y, 60000.)";
    Runs.start(out, config("torch.gt(torch.size(x, 0), 0)", large, "fp16"), progress, NEVER);
    assertThat(said.toString()).contains("overflowed in fp16 and is skipped; the loss scale is");
    Checkpoints.Saved saved =
        new Checkpoints(out.resolve("checkpoints")).newest(w -> {}).orElseThrow();
    assertThat(saved.state().adapted().lossScale().scale()).isLessThan(65536);
    assertThat(saved.state().position().step()).isLessThan(4); // two epochs of two batches
  }

  private static float[] weights(Path run) throws IOException {
    Map<String, Tensor> tensors = WeightsFile.read(run.resolve("model.safetensors")).tensors();
    return tensors.get("fc.weight").toFloats();
  }

  /** Where {@code condition} holds while the network trains, its answer y becomes {@code z}. */
  private RunConfig config(String condition, String z, String precision) throws IOException {
    Path model = folder.resolve("net-" + Integer.toHexString((condition + z).hashCode()) + ".pt");
    LinearNetwork.write(model, condition, z);
    return RunYaml.read(
        """
        threads: 1
        device: cpu
        precision: %s
        data: {train: "%s"}
        model: {file: "%s", input-size: 8}
        stages:
          - {name: all, epochs: 2, batch-size: 12, lr: 0.001}
        """
            .formatted(precision, data, model),
        "test");
  }
}
