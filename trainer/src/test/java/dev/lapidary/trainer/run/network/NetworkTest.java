package dev.lapidary.trainer.run.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.Runs;
import dev.lapidary.trainer.run.TinyImages;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run begins with: heads, pretrained weights, and what is refused to be frozen. */
class NetworkTest {
  private static final List<String> LABELS = List.of("blue", "green", "red");
  private static final String ONE_STAGE = "stages: [{name: all, epochs: 1, batch-size: 8}]";
  private static final String HEAD_STAGE =
      "stages: [{name: head, epochs: 1, batch-size: 8, train-only: [head]}]";

  @TempDir private Path folder;

  @Test
  void aThirdPartysHeadIsFoundAndReplaced() throws IOException {
    for (String kind : List.of("scripted", "traced")) {
      Path file = Golden.archive("mobilenet_v2", kind).orElseThrow();
      Network network =
          network(config("{file: '" + file + "', input-size: 224}", HEAD_STAGE), LABELS);
      assertThat(network.heads()).containsExactly("classifier.1");
      assertThat(tensor(network, "classifier.1.weight").size(0)).isEqualTo(3);
      assertThat(network.fresh()).containsExactly("classifier.1.weight", "classifier.1.bias");
      assertThat(network.notes())
          .contains("head classifier.1: 10 classes in the file, 3 here: its weights are fresh");
      FreezeCheck.require(config("{arch: resnet18}", HEAD_STAGE), network);
    }
  }

  @Test
  void aQuantizedProgramIsNotTrained() {
    Path file = Golden.file("pt2/quantized-signed.pt2");
    assertThatThrownBy(() -> network(config("{file: '" + file + "'}"), LABELS))
        .hasMessage(
            "[quantized-signed.pt2] it is quantized (PT2E): its weights are integers, which are not"
                + " trained; train the float program, and 'exporter onnx --quantize int8' makes the"
                + " result small");
  }

  @Test
  void aHeadIsDrawnAsAskedFor() throws IOException {
    Network zero = network(config("{arch: resnet20_cifar, head: {init: zero}}"), LABELS);
    assertThat(tensor(zero, "fc.weight").toFloats()).containsOnly(0f);
    assertThat(zero.notes()).contains("head fc: drawn anew (zero)");
    Network usual = network(config("{arch: resnet20_cifar}"), LABELS);
    assertThat(tensor(usual, "fc.weight").toFloats())
        .isEqualTo(
            StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(3, 0)))
                .tensors()
                .get("fc.weight")
                .toFloats());
    Path weights = weights("same.safetensors", 3);
    String drawn = "{arch: resnet20_cifar, weights: '" + weights + "', head: {init: 'normal:2'}}";
    Network loaded = network(config(drawn), LABELS);
    assertThat(loaded.fresh()).containsExactly("fc.weight", "fc.bias");
    double[] values = tensor(loaded, "fc.weight").toDoubles();
    assertThat(java.util.Arrays.stream(values).map(Math::abs).max().orElse(0)).isGreaterThan(3);
  }

  @Test
  void auxiliaryHeadsGetTheClassesToo() throws IOException {
    Network network = network(config("{arch: googlenet}"), LABELS);
    assertThat(network.heads()).containsExactly("fc", "aux1.fc2", "aux2.fc2");
    Path file = folder.resolve("googlenet.pt");
    ArchiveWriter.write(Zoo.find("googlenet").build(ZooOptions.of(7, 1)), file);
    Network imported = network(config("{file: '" + file + "', input-size: 224}"), LABELS);
    assertThat(imported.heads()).containsExactly("fc", "aux1.fc2", "aux2.fc2");
    assertThat(tensor(imported, "aux2.fc2.weight").size(0)).isEqualTo(3);
    assertThat(imported.notes())
        .contains("head aux2.fc2: 7 classes in the file, 3 here: its weights are fresh");
  }

  @Test
  void randomParametersAreNotFrozen() throws IOException {
    RunConfig untrained = config("{arch: resnet20_cifar}", HEAD_STAGE);
    Network network = network(untrained, LABELS);
    assertThatThrownBy(() -> FreezeCheck.require(untrained, network))
        .hasMessage(
            "stage head freezes 63 parameters that no weights file gave, so they stay random:"
                + " conv1.weight, bn1.weight, bn1.bias, layer1.0.conv1.weight and 59 more; train"
                + " them, give --weights that have them, or accept it by --force");
    FreezeCheck.require(RunYaml.with(untrained, "model.freeze-unloaded=true"), network);

    Path weights = weights("other.safetensors", 7);
    String given = "{arch: resnet20_cifar, weights: '" + weights + "'}";
    RunConfig pretrained = config(given, HEAD_STAGE);
    FreezeCheck.require(pretrained, network(pretrained, LABELS));
    RunConfig frozenHead =
        config(given, "stages: [{name: all, epochs: 1, batch-size: 8, freeze: [head]}]");
    assertThatThrownBy(() -> FreezeCheck.require(frozenHead, network(frozenHead, LABELS)))
        .hasMessageContaining("2 parameters that no weights file gave, so they stay random: fc.we");
    RunConfig trainedBefore =
        config(
            given,
            "stages: [{name: a, epochs: 1, batch-size: 8, train-only: [head]},"
                + " {name: b, epochs: 1, batch-size: 8, freeze: [head]}]");
    FreezeCheck.require(trainedBefore, network(trainedBefore, LABELS));
  }

  @Test
  void anUntrainedArchiveCountsAsRandom() throws IOException {
    Path file = folder.resolve("init.pt");
    assertThat(
            dev.lapidary.trainer.cli.TrainerMain.run(
                "init", "--arch=resnet20_cifar", "--classes=3", "--out=" + file))
        .isZero();
    RunConfig config = config("{file: '" + file + "'}", HEAD_STAGE);
    Network network = network(config, LABELS);
    assertThat(network.fresh()).contains("conv1.weight").hasSize(65);
    assertThat(network.notes())
        .contains("head fc: 3 classes in the file and here: its weights stay");
    assertThatThrownBy(() -> network(config("{file: '" + file + "', input-size: 64}"), LABELS))
        .hasMessage(
            "[init.pt] its model card says the preprocessing, an input of 32 pixels; leave"
                + " --input-size, --resize, --interpolation, --mean, --std and --alpha out");
  }

  @Test
  void aFolderOfWeightsSaysPreprocessingAndClasses() throws IOException {
    Files.move(weights("three.safetensors", 3), folder.resolve("model.safetensors"));
    Files.writeString(
        folder.resolve("preprocessor_config.json"),
        "{\"size\":{\"height\":40,\"width\":40},\"resample\":3,\"do_normalize\":false}");
    Files.writeString(
        folder.resolve("config.json"), "{\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"z\"}}");
    RunConfig config = config("{arch: resnet20_cifar, weights: '" + folder + "'}");
    Network network = network(config, LABELS);
    assertThat(network.preprocessing().cropHeight()).isEqualTo(40);
    assertThat(network.preprocessing().interpolation())
        .isEqualTo(Preprocessing.Interpolation.BICUBIC);
    assertThat(network.weightsSource()).isEqualTo("model.safetensors");
    assertThat(network.fresh()).containsExactly("fc.weight", "fc.bias");
    assertThat(network.notes())
        .contains("weights: model.safetensors of a Hugging Face folder, 3 labels")
        .contains(
            "preprocessing: bicubic to 40x40, mean 0.000 std 1.000, as model.safetensors expects");
    assertThat(network(config, List.of("a", "b", "z")).fresh()).isEmpty();
    Network other = network(RunYaml.with(config, "model.interpolation=nearest"), LABELS);
    assertThat(other.notes())
        .contains(
            "preprocessing: nearest to 40x40, mean 0.000 std 1.000 as asked for; published for"
                + " model.safetensors: bicubic to 40x40, mean 0.000 std 1.000");
  }

  @Test
  void publishedWeightsAreForANetworkOfTheZoo() {
    assertThatThrownBy(() -> network(config("{arch: resnet20_cifar, weights: imagenet}"), LABELS))
        .hasMessageContaining("resnet20_cifar has no ImageNet weights");
    Path file = Golden.archive("vit", "scripted").orElseThrow();
    String model = "{file: '" + file + "', input-size: 224, weights: imagenet}";
    assertThatThrownBy(() -> network(config(model), LABELS))
        .hasMessageContaining("--weights imagenet names weights of an architecture of the zoo");
  }

  /** The published preprocessing belongs to the published weights; others say theirs. */
  @Test
  void weightsMayHaveAnotherPreprocessing() throws IOException {
    Path weights = weights("other.safetensors", 7);
    Network network =
        network(
            config(
                "{arch: resnet20_cifar, weights: '%s', resize: 40, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}"
                    .formatted(weights)),
            LABELS);
    Preprocessing published = Zoo.find("resnet20_cifar").preprocessing();
    assertThat(network.preprocessing())
        .isEqualTo(
            new Preprocessing(
                Preprocessing.Resize.SHORTER_SIDE,
                40,
                published.interpolation(),
                published.cropHeight(),
                published.cropWidth(),
                List.of(0.5f, 0.5f, 0.5f),
                List.of(0.25f, 0.25f, 0.25f),
                published.colour()));
    assertThat(network.notes())
        .contains("weights: other.safetensors")
        .anyMatch(
            note ->
                note.startsWith(
                    "preprocessing: bilinear to 40, crop 32, mean 0.500 std 0.250 as asked for;"
                        + " published for resnet20_cifar: bilinear to 32x32, mean 0.286 std 0.353"));
    assertThatThrownBy(() -> network(config("{arch: resnet18, mean: [0.5]}"), LABELS))
        .hasMessage(
            "--resize, --mean, --std: preprocessing needs 3 means and deviations for RGB but has 1"
                + " and 3");
  }

  @Test
  void wrongNamesAndOptionsAreAnswered() {
    assertThatThrownBy(() -> network(config("{arch: resnet20_cifar, head: {name: conv1}}"), LABELS))
        .hasMessage("--head conv1: the head of resnet20_cifar is fc; leave the option out");
    Path vit = Golden.archive("vit", "scripted").orElseThrow();
    assertThatThrownBy(
            () ->
                network(
                    config("{file: '" + vit + "', input-size: 224, head: {name: heads.haed}}"),
                    LABELS))
        .hasMessageContaining("is named 'heads.haed'; did you mean heads.head?");
    assertThatThrownBy(() -> network(config("{arch: convnext_tiny, dropout: 0.3}"), LABELS))
        .hasMessageStartingWith("convnext_tiny has no dropout; ");
  }

  @Test
  void aHiddenLayerTrainsWithTheHeadAndTravelsWithTheModel() throws IOException {
    Path data = TinyImages.write(folder.resolve("data"), 6, 1);
    Path weights = weights("other.safetensors", 7);
    String model =
        "{arch: resnet20_cifar, input-size: 16, weights: '%s', head: {mlp: 8, dropout: 0.25}}"
            .formatted(weights);
    RunConfig config =
        RunYaml.with(RunYaml.with(config(model, HEAD_STAGE), "data.train=" + data), "threads=1");
    StringWriter said = new StringWriter();
    Path out = folder.resolve("run");

    Runs.start(out, config, new Progress(new PrintWriter(said, true), false), () -> false);

    assertThat(said.toString()).contains("stage head: 1 epochs, batch 8, 4 of 67 tensors trained");
    assertThat(Files.readString(out.resolve("weights.json")))
        .contains("\"mismatched\" : [ {")
        .contains("fc.hidden.weight")
        .doesNotContain(folder.toString());
    Map<String, Tensor> trained =
        StateDict.of(ArchiveReader.read(out.resolve("model.pt"))).tensors();
    assertThat(trained.get("fc.hidden.weight").shape()).containsExactly(8, 64);
    assertThat(trained.get("fc.weight").shape()).containsExactly(3, 8);
    Network again =
        network(config("{file: '" + out.resolve("model.pt") + "'}"), List.of("a", "b", "c", "d"));
    assertThat(again.heads()).containsExactly("fc");
    assertThat(tensor(again, "fc.weight").shape()).containsExactly(4, 8);
    assertThat(again.fresh()).containsExactly("fc.weight", "fc.bias");
    assertThat(again.stages().get(again.layerOf("fc.hidden.bias")).name()).isEqualTo("head");
  }

  private Path weights(String name, int classes) throws IOException {
    Path file = folder.resolve(name);
    Map<String, Tensor> tensors =
        StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(classes, 5))).tensors();
    Safetensors.write(new NamedTensors("safetensors", tensors, Map.of(), List.of()), file);
    return file;
  }

  private static Tensor tensor(Network network, String name) {
    return StateDict.of(network.archive()).find(name).orElseThrow().tensor();
  }

  private static Network network(RunConfig config, List<String> labels) throws IOException {
    Progress silent = new Progress(new PrintWriter(new StringWriter()), false);
    return Network.of(config, labels, silent);
  }

  private static RunConfig config(String model) {
    return config(model, ONE_STAGE);
  }

  private static RunConfig config(String model, String stages) {
    return RunYaml.read("data: {train: photos}\nmodel: " + model + "\n" + stages, "test");
  }
}
