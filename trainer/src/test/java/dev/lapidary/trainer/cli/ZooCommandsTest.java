package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.Golden;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.models.weights.HeadLabels;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trainer archs}, {@code layers} and {@code init}, as a user or a script calls them. */
class ZooCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void archsListsTheZoo() throws Exception {
    assertThat(run("archs", "--json")).isZero();
    JsonNode rows = new ObjectMapper().readTree(out.toString());
    assertThat(rows).hasSize(Zoo.all().size());
    JsonNode resnet = rows.get(rows.findValuesAsText("name").indexOf("resnet18"));
    assertThat(resnet.get("parameters").asLong()).isEqualTo(11_689_512);
    assertThat(resnet.get("inputSize").asInt()).isEqualTo(224);
    assertThat(resnet.get("preprocessing").get("resizeSize").asInt()).isEqualTo(256);
    assertThat(resnet.get("head").asText()).isEqualTo("fc");
    JsonNode weights = resnet.get("weights").get(0);
    assertThat(weights.get("tag").asText()).isEqualTo("IMAGENET1K_V1");
    assertThat(weights.get("top1").asDouble()).isEqualTo(69.758);
    assertThat(weights.get("preprocessing").get("resizeSize").asInt()).isEqualTo(256);
    assertThat(weights.get("address").asText()).endsWith("/resnet18-f37072fd.pth");
  }

  @Test
  void archsIsATableForPeople() {
    assertThat(run("archs")).isZero();
    assertThat(out.toString().lines())
        .contains(
            "efficientnet_b0         5.29 M    0.386    224  "
                + "bicubic to 256, crop 224, mean 0.485 std 0.229   classifier.1  v1 77.7 %",
            "mobilenet_v2            3.50 M    0.301    224  "
                + "bilinear to 256, crop 224, mean 0.485 std 0.229  classifier.1  v2 72.2 %, v1 71.9 %",
            "resnet9                 7.08 M    0.380     32  "
                + "bilinear to 32x32, mean 0.286 std 0.353          linear        -");
  }

  @Test
  void layersOfAnArchitecture() {
    assertThat(run("layers", "resnet20_cifar", "--classes", "10")).isZero();
    assertThat(out.toString().lines())
        .anyMatch(
            l ->
                l.matches(
                    "layer2\\.0\\.conv1\\.weight +\\[32, 16, 3, 3] +float32 +4,608 +parameter +layer2"))
        .anyMatch(l -> l.matches("fc\\.bias +\\[10] +float32 +10 +parameter +head"))
        .contains("272,474 parameters");
  }

  @Test
  void layersOfAThirdPartysFile() throws Exception {
    assertThat(
            run("layers", "--json", Golden.file("torchscript/mobilenet_v2-scripted.pt").toString()))
        .isZero();
    JsonNode rows = new ObjectMapper().readTree(out.toString());
    assertThat(rows.get(0).get("name").asText()).isEqualTo("features.0.0.weight");
    assertThat(rows.get(0).get("stage").asText()).isEqualTo("features.0");
    assertThat(rows.get(rows.size() - 1).get("stage").asText()).isEqualTo("classifier");
  }

  @Test
  void layersOfAWeightsFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("weights.safetensors");
    StateDict state = StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(10, 0)));
    Safetensors.write(new NamedTensors("safetensors", state.tensors(), Map.of(), List.of()), file);
    assertThat(run("layers", file.toString())).isZero();
    assertThat(out.toString().lines())
        .anyMatch(l -> l.matches("bn1\\.running_var +\\[16] +float32 +16 +buffer +bn1"))
        .anyMatch(l -> l.matches("fc\\.bias +\\[10] +float32 +10 +parameter +fc"))
        .contains("272,474 parameters");
  }

  @Test
  void layersOfARun(@TempDir Path folder) throws Exception {
    Files.copy(Golden.file("torchscript/mobilenet_v2-scripted.pt"), folder.resolve("model.pt"));
    assertThat(run("layers", folder.toString())).as(err.toString()).isZero();
    assertThat(out.toString()).contains("features.0.0.weight");
  }

  @Test
  void aMistypedNameIsAnswered() {
    assertThat(run("layers", "wide_resnet51_2")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: no architecture is named 'wide_resnet51_2'; did you mean wide_resnet50_2 or"
                + " wide_resnet101_2? (trainer archs lists all)\n");
  }

  @Test
  void aMistypedPathIsAnsweredAsAPath(@TempDir Path folder) {
    assertThat(run("layers", folder.resolve("absent.pth").toString())).isEqualTo(2);
    assertThat(err.toString()).isEqualTo("error: [absent.pth] there is no such file\n");
    assertThat(run("layers", folder.toString())).isEqualTo(2);
    assertThat(err.toString())
        .endsWith(
            " is a folder without a model.pt: name a file, or the folder of a finished run\n");
    assertThat(run("layers", "mnasnet1.0")).isEqualTo(2);
    assertThat(err.toString()).contains("'mnasnet1.0'; did you mean mnasnet1_0");
  }

  @Test
  void initWritesAnUntrainedModelWithItsCard(@TempDir Path folder) throws Exception {
    Path labels = Files.writeString(folder.resolve("labels.txt"), "\ufeffcat\r\ndog \r\nfox\r\n");
    Path first = folder.resolve("first.pt");
    assertThat(run(init(first, "--labels", labels.toString(), "--head-init", "zero"))).isZero();
    TorchScriptArchive archive = ArchiveReader.read(first);
    ModelCard card = CardJson.read(archive.extra().get(TorchScriptArchive.CARD), "first.pt");
    assertThat(card.labels()).containsExactly("cat", "dog", "fox");
    assertThat(card.architecture()).isEqualTo("resnet20_cifar");
    assertThat(card.provenance().weightsSource()).isEqualTo("random");
    assertThat(floats(first, "fc.weight")).hasSize(3 * 64).containsOnly(0f);
    Path again = folder.resolve("again.pt");
    assertThat(run(init(again, "--labels", labels.toString(), "--head-init", "zero"))).isZero();
    assertThat(again).hasSameBinaryContentAs(first);
  }

  @Test
  void initKeepsThePreprocessingThatTheWeightsNeed(@TempDir Path folder) {
    Path out = folder.resolve("out.pt");
    assertThat(run(init(out, "--mean=0.5,0.5,0.5", "--resize=36"))).isZero();
    assertThat(card(out).preprocessing().orElseThrow().mean()).containsOnly(0.5f);
    assertThat(card(out).preprocessing().orElseThrow().resizeSize()).isEqualTo(36);
    assertThat(run(init(out, "--force", "--std=0,1,1"))).isEqualTo(2);
    assertThat(err.toString())
        .contains("--resize, --mean, --std: preprocessing std must be positive but is [0.0, 1.0");
  }

  @Test
  void initTakesWeightsAndTheirClassCount(@TempDir Path folder) throws Exception {
    Path first = folder.resolve("first.pt");
    assertThat(run(init(first, "--classes", "7", "--seed", "5"))).isZero();
    Path same = folder.resolve("same.pt");
    assertThat(run(init(same, "--weights", first.toString(), "--timings"))).isZero();
    assertThat(err.toString())
        .containsPattern(
            "loaded in .* s \\(.* s of processor\\), memory at most .* times the file");
    assertThat(floats(same, "fc.weight")).isEqualTo(floats(first, "fc.weight"));
    assertThat(floats(same, "conv1.weight")).isEqualTo(floats(first, "conv1.weight"));
    Path other = folder.resolve("other.pt");
    assertThat(run(init(other, "--weights", first.toString(), "--classes", "4"))).isZero();
    assertThat(err.toString()).contains("head fc: 7 classes in the file, 4 here");
    assertThat(floats(other, "layer1.0.conv1.weight"))
        .isEqualTo(floats(first, "layer1.0.conv1.weight"));
    assertThat(floats(other, "fc.weight")).hasSize(4 * 64);
  }

  @Test
  void initKeepsWhatTheWeightsGaveBesideTheModel(@TempDir Path folder) throws Exception {
    Path first = folder.resolve("first.pt");
    assertThat(run(init(first, "--classes", "7"))).isZero();
    assertThat(folder.resolve("first.weights.json")).doesNotExist();
    Path other = folder.resolve("other.pt");
    assertThat(run(init(other, "--weights", first.toString(), "--classes", "4"))).isZero();
    JsonNode kept = new ObjectMapper().readTree(folder.resolve("other.weights.json").toFile());
    assertThat(kept.get("replacedHeads").get(0).get("sourceClasses").asInt()).isEqualTo(7);
    assertThat(kept.get("loaded").size()).isGreaterThan(100);
    assertThat(kept.get("loadedParameters").asLong()).isEqualTo(272_474 - 10 * 65);
    Files.delete(other);
    assertThat(run(init(other, "--weights", first.toString()))).isEqualTo(2);
    assertThat(err.toString()).contains("other.weights.json exists; choose another --out");
    assertThat(other).doesNotExist();
  }

  @Test
  void initTakesTheClassesThatTheWeightsSay(@TempDir Path folder) throws Exception {
    Path weights = folder.resolve("weights.safetensors");
    StateDict state = StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(2, 9)));
    Map<String, String> says = HeadLabels.metadata(List.of("Bag", "Coat"), Activation.SOFTMAX);
    Safetensors.write(new NamedTensors("safetensors", state.tensors(), says, List.of()), weights);
    Path same = folder.resolve("same.pt");
    assertThat(run(init(same, "--weights", weights.toString()))).isZero();
    assertThat(card(same).labels()).containsExactly("Bag", "Coat");
    Path labels = Files.writeString(folder.resolve("labels.txt"), "cat\ndog\n");
    Path other = folder.resolve("other.pt");
    String text = labels.toString();
    assertThat(run(init(other, "--weights", weights.toString(), "--labels", text))).isZero();
    assertThat(err.toString()).contains("left out fc: it was trained for other classes");
    assertThat(card(other).labels()).containsExactly("cat", "dog");
    assertThat(floats(other, "fc.weight")).isNotEqualTo(floats(same, "fc.weight"));
  }

  @Test
  void initPutsLayersBeforeTheHead(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("out.pt");
    assertThat(run(init(out, "--classes=3", "--head-mlp=16", "--head-dropout=0.5"))).isZero();
    assertThat(err.toString()).contains("head fc: drawn anew, behind a hidden layer");
    assertThat(floats(out, "fc.weight")).hasSize(3 * 16);
    assertThat(floats(out, "fc.hidden.weight")).hasSize(16 * 64);
    assertThat(run("init", "--out", folder.resolve("none.pt").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("--arch is missing; trainer archs lists them");
  }

  @Test
  void initRefusesWhatDoesNotFit(@TempDir Path folder) {
    Path out = folder.resolve("out.pt");
    String weights = Golden.file("torchscript/mobilenet_v2-scripted.pt").toString();
    assertThat(run(init(out, "--weights", weights))).isEqualTo(2);
    assertThat(err.toString()).contains("the weights fit the network too little");
    assertThat(out).doesNotExist();
    assertThat(run(init(out))).isZero();
    assertThat(run(init(out))).isEqualTo(2);
    assertThat(err.toString()).contains("out.pt exists; choose another --out or add --force");
    assertThat(run(init(out, "--force", "--head-init", "huge"))).isEqualTo(2);
    assertThat(err.toString()).contains("zero or constant:V but is 'huge'");
  }

  @Test
  void initRefusesSizesThatANetworkCannotTake(@TempDir Path folder) {
    String out = "--out=" + folder.resolve("out.pt");
    assertThat(run("init", "--arch=vit_b_32", "--input-size=300", out)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: vit_b_32 cannot take an input of 300x300: it is no multiple of the patches' 32"
                + " pixels; its own size is 224\n");
    assertThat(run("init", "--arch=vgg11", "--input-size=16", out)).isEqualTo(2);
    assertThat(err.toString()).contains("vgg11 cannot take an input of 16x16: a window of 2 does");
  }

  private static String[] init(Path out, String... more) {
    List<String> all = new ArrayList<>(List.of("init", "--arch", "resnet20_cifar", "--out"));
    all.add(out.toString());
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static ModelCard card(Path file) {
    return CardJson.read(ArchiveReader.read(file).extra().get(TorchScriptArchive.CARD), "card");
  }

  private static float[] floats(Path file, String name) {
    StateDict state = StateDict.of(ArchiveReader.read(file));
    return state.find(name).orElseThrow().tensor().toFloats();
  }

  private int run(String... arguments) {
    return CommandTree.run(
        new TrainerMain(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }
}
