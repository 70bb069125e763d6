package dev.lapidary.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.checkpoint.Checkpoints;
import dev.lapidary.trainer.data.TrainingData;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.evaluate.Evaluation;
import dev.lapidary.trainer.run.evaluate.Features;
import dev.lapidary.trainer.run.network.Network;
import dev.lapidary.trainer.run.network.NotFinite;
import dev.lapidary.trainer.run.stage.SingleValueNorms;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no number is never measured as one, kept or delivered. */
class NotFiniteTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private final Progress progress = new Progress(new PrintWriter(new StringWriter(), true), false);
  private RunConfig config;
  private Path data;

  @BeforeEach
  void write() throws IOException {
    data = TinyImages.write(folder.resolve("data"), 10, 1);
    config =
        RunYaml.read(
            """
            seed: 3
            threads: 1
            device: cpu
            data: {train: "%s"}
            model: {arch: resnet20_cifar, input-size: 16, freeze-unloaded: true}
            stages:
              - {name: head, epochs: 1, batch-size: 24, train-only: [head]}
              - {name: all, epochs: 1, batch-size: 24, lr: 1e30}
            """
                .formatted(data),
            "test");
  }

  /** The stage is one step: its loss is finite, and the weights after it are not to be used. */
  @ParameterizedTest
  @ValueSource(strings = {"checkpoints.deliver=best", "checkpoints.deliver=last", "ema.decay=0.5"})
  void anEpochThatEndsInNoNumbersIsNotDelivered(String set) throws IOException {
    Path out = folder.resolve("run");
    assertFails(ExitCode.FAILED, () -> Runs.start(out, RunYaml.with(config, set), progress, NEVER))
        .hasMessageContaining("the last good checkpoint is in " + out.resolve("checkpoints"))
        .hasMessageContaining("a learning rate that is too high");
    assertThat(out.resolve("model.pt")).doesNotExist();
    assertThat(out.resolve("model.safetensors")).doesNotExist();
    assertThat(Files.readString(out.resolve("metrics.jsonl"))).doesNotContain("NaN");
    Checkpoints.Saved last =
        new Checkpoints(out.resolve("checkpoints")).newest(warning -> {}).orElseThrow();
    assertThat(last.state().position().step()).isEqualTo(1);
    last.model().forEach((name, tensor) -> assertThat(tensor.firstNotFinite()).as(name).isEmpty());
  }

  /** A tensor that no answer depends on is looked at, too. */
  @Test
  void aCheckpointHoldsNumbersOnly() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("bn1.running_var", Tensor.of(new float[] {1, Float.NaN}, 2));
    tensors.put("bn1.num_batches_tracked", Tensor.of(new long[] {3}));
    assertThatThrownBy(() -> NotFinite.requireFinite(tensors, "after step 7:", "begin again"))
        .hasMessage("after step 7: bn1.running_var holds nan; begin again");
    tensors.put("bn1.running_var", Tensor.of(new float[] {1, 2}, 2));
    tensors.put("attn_mask", Tensor.of(new float[] {0, Float.NEGATIVE_INFINITY}, 2));
    NotFinite.requireFinite(tensors, "", "");
    tensors.put("fc.bias", Tensor.of(new float[] {Float.NEGATIVE_INFINITY}, 1));
    assertThatThrownBy(() -> NotFinite.requireFinite(tensors, "after step 7:", "begin again"))
        .hasMessage("after step 7: fc.bias holds -inf; begin again");
  }

  @Test
  void aFinishedNetworkThatAnswersNaNIsNeitherMeasuredNorAsked() throws IOException {
    Path out = folder.resolve("run");
    Runs.start(out, RunYaml.with(config, "stages.1.lr=0.01"), progress, NEVER);
    Path broken = folder.resolve("broken.pt");
    TorchScriptArchive archive = ArchiveReader.read(out.resolve("model.pt"));
    Map<String, Tensor> all = new LinkedHashMap<>(StateDict.of(archive).tensors());
    breakNorm(archive);
    ArchiveWriter.write(archive, broken);

    Evaluation.Request asked = new Evaluation.Request(broken, data, OnBadImage.FAIL, "cpu", 1);
    assertFails(ExitCode.FAILED, () -> Evaluation.of(asked, note -> {}, NEVER))
        .hasMessage(
            "the network's answer to blue/000.png is nan; the run that made it has diverged; take"
                + " an earlier checkpoint");
    Path embeddings = folder.resolve("features.npz");
    Features.Request request =
        new Features.Request(broken, data, OnBadImage.FAIL, Features.FEATURES, false, "cpu", 1);
    assertFails(ExitCode.FAILED, () -> Features.write(request, embeddings, note -> {}, NEVER))
        .hasMessageContaining("an embedding is nan");
    assertThat(embeddings).doesNotExist();

    String found = "bn1.running_mean holds nan, and a network with it answers nothing";
    Path second = folder.resolve("second");
    RunConfig fine = RunYaml.with(config, "stages.1.lr=0.01");
    RunConfig taught = RunYaml.with(fine, "loss.teacher=" + broken);
    assertFails(ExitCode.BAD_INPUT, () -> Runs.start(second, taught, progress, NEVER))
        .hasMessageContaining("[broken.pt] " + found);
    all.put("bn1.running_mean", broken(all.get("bn1.running_mean")));
    Path weights = folder.resolve("broken.safetensors");
    Safetensors.write(new NamedTensors("safetensors", all, Map.of(), List.of()), weights);
    RunConfig given = RunYaml.with(fine, "model.weights=" + weights);
    assertFails(ExitCode.BAD_INPUT, () -> Runs.start(second, given, progress, NEVER))
        .hasMessageContaining(found);
  }

  /** Its last norms see one position of an image of 32 pixels. */
  @Test
  void aBatchNormOverOneValueIsNotTrained() throws IOException {
    RunConfig one =
        RunYaml.read(
            """
            device: cpu
            data: {train: "%s"}
            model: {arch: shufflenet_v2_x0_5, input-size: 32, freeze-unloaded: true}
            stages:
              - {name: head, epochs: 1, batch-size: 1, train-only: [head]}
              - {name: all, epochs: 1, batch-size: 1, accumulate: 8}
            """
                .formatted(data),
            "test");
    TrainingData images = TrainingData.open(sourceOf(one), note -> {});
    Network network = Network.of(one, images.train().labels(), progress);
    assertFails(ExitCode.BAD_INPUT, () -> SingleValueNorms.require(one, images.train(), network))
        .hasMessage(
            "stage all trains on one image at a time, of which BatchNorm stage4.0.branch1.1 (and 13"
                + " more) gets one value a channel, whose variance is no number: expected more than"
                + " 1 value per channel when training; use a batch size of 2 or more, or a larger"
                + " input, or freeze it");
    RunConfig two = RunYaml.with(one, "stages.1.batch-size=2");
    SingleValueNorms.require(two, images.train(), network);
    RunConfig larger = RunYaml.with(one, "model.input-size=64");
    SingleValueNorms.require(
        larger, images.train(), Network.of(larger, images.train().labels(), progress));
  }

  private static TrainingData.Source sourceOf(RunConfig config) {
    return new TrainingData.Source(
        Path.of(config.data().train()),
        java.util.Optional.empty(),
        java.util.Optional.empty(),
        config.data().format(),
        config.data().valSplit(),
        config.data().groupBy(),
        config.seed(),
        config.data().onBadImage(),
        dev.lapidary.core.image.ImageLimits.DEFAULT,
        1);
  }

  private static void breakNorm(TorchScriptArchive archive) {
    StateDict.Entry entry = StateDict.of(archive).find("bn1.running_mean").orElseThrow();
    entry.owner().attributes().put(entry.attribute(), new PyTensor(broken(entry.tensor()), false));
  }

  private static Tensor broken(Tensor tensor) {
    Tensor copy = tensor.copy();
    copy.bytes().putFloat(0, Float.NaN);
    return copy;
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertFails(
      ExitCode code, ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(Failure.class, f -> assertThat(f.code()).isEqualTo(code));
  }
}
