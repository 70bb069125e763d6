package dev.lapidary.exporter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.script.StateDict;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code exporter onnx WEIGHTS --arch NAME}: from a state dict to ONNX without training. */
class WeightsExportTest {
  @TempDir Path folder;

  private final StringWriter err = new StringWriter();

  @Test
  void aStateDictBecomesOnnxWithItsClassesAndLabels() throws IOException {
    Path weights = weights(tensors("module."));
    Path labels = Files.writeString(folder.resolve("labels.txt"), "a\nb\nc\n");
    Path out = folder.resolve("model.onnx");

    assertThat(run(weights, out, "--labels=" + labels)).as(err.toString()).isZero();

    OnnxGraph graph = OnnxReader.read(out);
    ModelCard card =
        CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY).getBytes(UTF_8), "model.onnx");
    assertThat(card.labels()).containsExactly("a", "b", "c");
    assertThat(card.architecture()).isEqualTo("resnet20_cifar");
    assertThat(card.preprocessing()).contains(Zoo.find("resnet20_cifar").preprocessing());
    assertThat(card.provenance().weightsSource()).isEqualTo("weights.safetensors");
    assertThat(card.provenance().weightsSha256()).isEqualTo(Sha256.of(weights));
    assertThat(card.parity().orElseThrow().argmaxAgreement()).isEqualTo(1);
  }

  @Test
  void labelsAreOptionalAndAnotherInputSizeIsTaken() throws IOException {
    Path out = folder.resolve("model.onnx");
    String[] said = {
      "--input=3x48x48",
      "--mean=0.5,0.5,0.5",
      "--crop=48",
      "--activation=sigmoid",
      "--alpha=#102030"
    };
    assertThat(run(weights(tensors("")), out, said)).as(err.toString()).isZero();
    OnnxGraph graph = OnnxReader.read(out);
    ModelCard card =
        CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY).getBytes(UTF_8), "model.onnx");
    assertThat(card.labels()).isEmpty();
    assertThat(card.activation()).isEqualTo(Activation.SIGMOID);
    assertThat(card.input().height()).isEqualTo(48);
    assertThat(card.preprocessing().orElseThrow().cropWidth()).isEqualTo(48);
    assertThat(card.preprocessing().orElseThrow().mean()).containsOnly(0.5f);
    assertThat(card.preprocessing().orElseThrow().alpha()).hasToString("#102030");
    assertThat(run(weights(tensors("")), folder.resolve("b.onnx"), "--crop=48")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--crop is 48 but the input is 32; --input 3x48x48 changes it");
  }

  /** By the one name that tells it; what its other names would be called is no help. */
  @Test
  void timmsMobileNetV3IsCalledAnotherNetwork() throws IOException {
    Path weights = folder.resolve("timm.safetensors");
    Map<String, Tensor> named = new LinkedHashMap<>(tensors(""));
    named.put("conv_head.bias", Tensor.of(new float[1024], 1024));
    Safetensors.write(new NamedTensors("safetensors", named, Map.of(), List.of()), weights);
    Path out = folder.resolve("model.onnx");
    String[] command = {"onnx", weights.toString(), "--arch=mobilenet_v3_small", "--out=" + out};
    PrintWriter quiet = new PrintWriter(new StringWriter());
    assertThat(ExporterMain.run(quiet, new PrintWriter(err, true), command)).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "[timm.safetensors] does not fit mobilenet_v3_small: timm's MobileNet V3 is another"
                + " network: ")
        .contains("; save the network by torch.jit.trace or torch.export and give that file");
    assertThat(out).doesNotExist();
  }

  @Test
  void aFolderAsHuggingFaceHasThemSaysPreprocessingAndLabels() throws IOException {
    Files.move(weights(tensors("")), folder.resolve("model.safetensors"));
    Files.writeString(
        folder.resolve("config.json"), "{\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}}");
    Files.writeString(
        folder.resolve("preprocessor_config.json"),
        "{\"size\":{\"height\":48,\"width\":48},\"resample\":3,"
            + "\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.25,0.25,0.25]}");
    Path out = folder.resolve("model.onnx");
    assertThat(run(folder, out, "--interpolation=lanczos")).as(err.toString()).isZero();
    OnnxGraph graph = OnnxReader.read(out);
    ModelCard card =
        CardJson.read(graph.metadata().get(ModelCard.METADATA_KEY).getBytes(UTF_8), "model.onnx");
    assertThat(card.labels()).containsExactly("a", "b", "c");
    assertThat(card.input().height()).isEqualTo(48);
    Preprocessing rule = card.preprocessing().orElseThrow();
    assertThat(rule.resize()).isEqualTo(Preprocessing.Resize.EXACT);
    assertThat(rule.cropHeight()).isEqualTo(48);
    assertThat(rule.interpolation()).isEqualTo(Preprocessing.Interpolation.LANCZOS);
    assertThat(rule.std()).containsOnly(0.25f);
  }

  @Test
  void publishedWeightsAreNamedByTheirArchitecture() throws IOException {
    assertThat(run(Path.of("imagenet"), folder.resolve("model.onnx"))).isEqualTo(2);
    assertThat(err.toString())
        .contains("resnet20_cifar has no ImageNet weights; give --weights a file");
  }

  @Test
  void randomNumbersAreNotExported() throws IOException {
    Map<String, Tensor> part = tensors("");
    part.remove("layer2.1.bn1.running_var");
    part.remove("conv1.weight");
    part.remove("bn1.num_batches_tracked");
    part.put("conv_stem.weight", tensors("").get("conv1.weight"));
    Path out = folder.resolve("model.onnx");
    assertThat(run(weights(part), out)).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "[weights.safetensors] lacks 2 tensors of resnet20_cifar, such as conv1.weight, and"
                + " has others, such as conv_stem.weight; give weights of this architecture");
    assertThat(run(weights(tensors("")), out, "--input=3x48x32")).isEqualTo(2);
    assertThat(err.toString()).contains("resnet20_cifar takes 3 channels and a square, as 3x32");
    Path labels = Files.writeString(folder.resolve("two.txt"), "a\nb\n");
    assertThat(run(weights(tensors("")), out, "--labels=" + labels)).isEqualTo(2);
    assertThat(err.toString())
        .contains("--labels has 2 names, resnet20_cifar of these weights has 3 classes");
    assertThat(out).doesNotExist();
  }

  private static Map<String, Tensor> tensors(String prefix) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(3, 4)))
        .tensors()
        .forEach((name, tensor) -> tensors.put(prefix + name, tensor));
    return tensors;
  }

  private Path weights(Map<String, Tensor> tensors) throws IOException {
    Path file = folder.resolve("weights.safetensors");
    Safetensors.write(new NamedTensors("safetensors", tensors, Map.of(), List.of()), file);
    return file;
  }

  private int run(Path weights, Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("onnx", weights.toString(), "--arch=resnet20_cifar"));
    arguments.add("--out=" + out);
    arguments.addAll(List.of(more));
    PrintWriter silent = new PrintWriter(new StringWriter(), true);
    return CommandTree.run(
        new ExporterMain(), silent, new PrintWriter(err, true), arguments.toArray(String[]::new));
  }
}
