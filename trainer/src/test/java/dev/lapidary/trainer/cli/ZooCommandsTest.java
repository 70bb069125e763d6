package dev.lapidary.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.models.Golden;
import dev.lapidary.models.cli.Program;
import dev.lapidary.models.zoo.Zoo;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** {@code trainer archs} and {@code trainer layers}, as a user or a script calls them. */
class ZooCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void archsListsTheZoo() throws Exception {
    assertThat(run("archs", "--json")).isZero();
    JsonNode rows = new ObjectMapper().readTree(out.toString());
    assertThat(rows).hasSize(Zoo.all().size());
    JsonNode resnet = rows.get(0);
    assertThat(resnet.get("name").asText()).isEqualTo("resnet18");
    assertThat(resnet.get("parameters").asLong()).isEqualTo(11_689_512);
    assertThat(resnet.get("inputSize").asInt()).isEqualTo(224);
    assertThat(resnet.get("preprocessing").get("resizeSize").asInt()).isEqualTo(256);
    assertThat(resnet.get("head").asText()).isEqualTo("fc");
  }

  @Test
  void archsIsATableForPeople() {
    assertThat(run("archs")).isZero();
    assertThat(out.toString().lines())
        .contains(
            "efficientnet_b0          5.29 M     0.386    224  "
                + "bicubic to 256, crop 224, mean 0.485 std 0.229   classifier.1");
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
  void aMistypedNameIsAnswered() {
    assertThat(run("layers", "resnet19")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "error: no architecture is named 'resnet19'; did you mean resnet18 or resnet101 or"
                + " resnet152? (trainer archs lists all)\n");
  }

  private int run(String... arguments) {
    return Program.run(
        new TrainerMain(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }
}
