package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectsTest {
  private static final List<Dialect> ALL = Dialects.read();

  /** In the order in which a file's readings are tried. */
  @Test
  void allAreRead() {
    assertThat(ALL)
        .extracting(dialect -> dialect.name().replaceFirst(" \\(.*", ""))
        .containsExactly(
            "torchvision's first DenseNet",
            "torchvision's first ViT",
            "timm's ConvNeXt",
            "timm's EfficientNet",
            "timm's MNASNet",
            "timm's MobileNet V2",
            "timm's RegNet",
            "timm's Swin",
            "the first Swin",
            "timm's VGG",
            "timm's ViT",
            "transformers' ConvNeXt",
            "transformers' ViT");
    assertThat(ALL).allSatisfy(dialect -> assertThat(dialect.rules().get()).isNotEmpty());
  }

  @Test
  void onlyTransformersVisionTransformerComesInParts() {
    assertThat(ALL)
        .filteredOn(dialect -> dialect.parts().isPresent())
        .singleElement()
        .satisfies(
            dialect -> {
              assertThat(dialect.name()).isEqualTo("transformers' ViT");
              assertThat(dialect.parts())
                  .hasValue(new Dialect.Parts(List.of("query", "key", "value"), "qkv"));
            });
  }

  /** Groups, sums, differences, products and lists. */
  @ParameterizedTest
  @CsvSource({
    "torchvision's first DenseNet, a.denselayer2.norm.1.weight, a.denselayer2.norm1.weight",
    "timm's EfficientNet, blocks.0.1.conv_pw.weight, features.1.1.block.2.0.weight",
    "timm's EfficientNet, blocks.5.3.conv_pw.weight, features.6.3.block.0.0.weight",
    "timm's MNASNet, blocks.6.0.bn3.bias, layers.13.0.layers.7.bias",
    "timm's MobileNet V2, blocks.3.1.conv_pw.weight, features.8.conv.0.0.weight",
    "timm's MobileNet V2, blocks.6.0.conv_pwl.weight, features.17.conv.2.weight",
    "timm's RegNet, s2.b3.conv1.conv.weight, trunk_output.block2.block2-2.f.a.0.weight",
    "timm's Swin, layers.3.downsample.norm.weight, features.6.norm.weight",
    "the first Swin, layers.0.downsample.norm.weight, features.2.norm.weight",
    "transformers' ConvNeXt, convnext.encoder.stages.1.layers.2.layer_scale_parameter,"
        + " features.3.2.layer_scale",
    "timm's ViT, a.name.without.a.rule, a.name.without.a.rule",
    "timm's VGG, head.fc.odd$1\\name, classifier.6.odd$1\\name"
  })
  void namesAreTorchvisions(String dialect, String name, String expected) {
    Dialect found =
        ALL.stream().filter(d -> d.name().startsWith(dialect)).findFirst().orElseThrow();

    assertThat(found.translation().apply(name)).isEqualTo(expected);
  }
}
