package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamingTest {
  /** The table was proven with both libraries: see README.md beside it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "convnext_tiny; timm's ConvNeXt",
        "efficientnet_b0; timm's EfficientNet (its tf_ networks have these too, but pad otherwise: not for them)",
        "mnasnet1_0; timm's MNASNet",
        "mobilenet_v2; timm's MobileNet V2",
        "regnet_y_400mf; timm's RegNet",
        "swin_t; timm's Swin",
        "swin_t_first; the first Swin",
        "vgg11; timm's VGG",
        "vgg11_bn; timm's VGG",
        "vit_b_32; timm's ViT"
      })
  void readsTimmsNames(String network, String dialect) throws IOException {
    assertReads("timm.json", network, dialect);
  }

  /** The table was proven with both libraries too. Of a ViT three names become one. */
  @ParameterizedTest
  @CsvSource({"convnext_tiny, transformers' ConvNeXt", "vit_b_32, transformers' ViT"})
  void readsTransformersNames(String network, String dialect) throws IOException {
    assertReads("transformers.json", network, dialect);
  }

  @Test
  void partsThatAreNotAllThereStayApart() {
    String query = "encoder.layer.0.attention.attention.query.weight";
    Naming.Names read = reading(List.of(query), "read the names of transformers' ViT");
    assertThat(read.tensors()).containsOnlyKeys(query);
  }

  private static void assertReads(String file, String network, String dialect) throws IOException {
    JsonNode table = new ObjectMapper().readTree(Fixtures.file(file).toFile()).get(network);
    Map<String, String> expected = new LinkedHashMap<>();
    table.properties().forEach(e -> expected.put(e.getKey(), e.getValue().asText()));
    List<String> names =
        expected.keySet().stream().flatMap(name -> Stream.of(name.split(" \\+ "))).toList();

    Naming.Names read = reading(names, "read the names of " + dialect);

    Map<String, String> translated = new LinkedHashMap<>();
    read.tensors()
        .keySet()
        .forEach(name -> translated.put(read.sourceNames().getOrDefault(name, name), name));
    assertThat(translated).hasSizeGreaterThan(20).isEqualTo(expected);
  }

  @Test
  void readsTheNamesThatTorchvisionUsedFirst() {
    assertThat(
            reading(
                    List.of(
                        "features.denseblock1.denselayer2.norm.1.weight",
                        "features.denseblock1.denselayer2.conv.2.weight",
                        "features.norm5.weight"),
                    "read the names of torchvision's first DenseNet")
                .tensors())
        .containsOnlyKeys(
            "features.denseblock1.denselayer2.norm1.weight",
            "features.denseblock1.denselayer2.conv2.weight",
            "features.norm5.weight");
    assertThat(
            reading(
                    List.of(
                        "encoder.layers.encoder_layer_0.mlp.linear_1.weight",
                        "encoder.layers.encoder_layer_0.mlp.linear_2.bias"),
                    "read the names of torchvision's first ViT")
                .tensors())
        .containsOnlyKeys(
            "encoder.layers.encoder_layer_0.mlp.0.weight",
            "encoder.layers.encoder_layer_0.mlp.3.bias");
  }

  @Test
  void aNameThatIsTakenIsNotGivenTwice() {
    Naming.Names read =
        Naming.readings(
                named(List.of("module.fc.weight", "fc.weight")), named(List.of("fc.weight")))
            .stream()
            .filter(r -> r.notes().equals(List.of("removed the prefix 'module.'")))
            .findFirst()
            .orElseThrow();

    assertThat(read.tensors()).containsOnlyKeys("module.fc.weight", "fc.weight");
  }

  @Test
  void namesAsTheyAreAreTheFirstReading() {
    List<Naming.Names> readings = Naming.readings(named(List.of("conv1.weight")), Map.of());

    assertThat(readings).hasSize(1);
    assertThat(readings.get(0).notes()).isEmpty();
  }

  private static Naming.Names reading(Iterable<String> names, String note) {
    return Naming.readings(named(names), named(List.of("fc.weight"))).stream()
        .filter(r -> r.notes().equals(List.of(note)))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, Tensor> named(Iterable<String> names) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    names.forEach(name -> tensors.put(name, Tensor.of(new float[] {1}, 1)));
    return tensors;
  }
}
