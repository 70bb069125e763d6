package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageNetWeightsTest {
  /** Only SWAG's weights exist of these, which are not offered. */
  private static final Set<String> SWAG_ONLY = Set.of("vit_h_14", "regnet_y_128gf");

  private static final Set<String> NOT_TORCHVISIONS =
      Set.of("resnet20_cifar", "resnet9", "resnet9_x0_375");

  @Test
  void everyNetworkOfTorchvisionHasItsWeights() {
    List<Architecture> networks =
        Zoo.all().stream().filter(a -> !NOT_TORCHVISIONS.contains(a.name())).toList();
    assertThat(networks).hasSize(80);
    int count = 0;
    for (Architecture architecture : networks) {
      List<PublishedWeights> offered = ImageNetWeights.of(architecture);
      count += offered.size();
      if (SWAG_ONLY.contains(architecture.name())) {
        assertThat(offered).isEmpty();
        continue;
      }
      assertThat(offered.stream().filter(PublishedWeights::standard))
          .as("%s", architecture)
          .hasSize(1);
      for (PublishedWeights weights : offered) {
        assertThat(weights.location()).startsWith("https://download.pytorch.org/models/");
        assertThat(weights.name()).endsWith("-" + weights.sha256Beginning() + ".pth");
        assertThat(weights.sha256Beginning()).matches("[0-9a-f]{8}|[0-9a-f]{10}");
        assertThat(weights.rule().cropHeight()).isEqualTo(architecture.inputSize());
        assertThat(weights.top5()).isBetween(weights.top1(), 100.0);
      }
    }
    assertThat(count).isEqualTo(102);
  }

  /** A network's own preprocessing is that of its first weights. */
  @Test
  void architecturesHaveThePreprocessingOfTheirFirstWeights() {
    Set<Architecture> seen =
        Zoo.all().stream()
            .filter(a -> !ImageNetWeights.of(a).isEmpty())
            .collect(Collectors.toSet());
    for (Architecture architecture : seen) {
      PublishedWeights first = ImageNetWeights.find(architecture, "imagenet:v1");
      assertThat(architecture.preprocessing()).as("%s", architecture).isEqualTo(first.rule());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "resnet50, imagenet, IMAGENET1K_V2, 232",
    "resnet50, imagenet:v2, IMAGENET1K_V2, 232",
    "resnet50, imagenet:V1, IMAGENET1K_V1, 256",
    "resnet50, imagenet:IMAGENET1K_V1, IMAGENET1K_V1, 256",
    "resnet50, IMAGENET1K_V2, IMAGENET1K_V2, 232",
    "resnet50, imagenet1k_v1, IMAGENET1K_V1, 256",
    "resnet50, DEFAULT, IMAGENET1K_V2, 232",
    "resnet50, ResNet50_Weights.IMAGENET1K_V1, IMAGENET1K_V1, 256",
    "resnet18, imagenet, IMAGENET1K_V1, 256",
    "efficientnet_b1, imagenet, IMAGENET1K_V2, 255",
    "swin_v2_b, imagenet, IMAGENET1K_V1, 272",
    "regnet_y_16gf, imagenet, IMAGENET1K_V2, 232"
  })
  void everySpellingFindsItsWeights(String network, String word, String tag, int resize) {
    assertThat(ImageNetWeights.isWord(word)).isTrue();
    PublishedWeights found = ImageNetWeights.find(Zoo.find(network), word);
    assertThat(found.tag()).isEqualTo(tag);
    assertThat(found.rule().resizeSize()).isEqualTo(resize);
    assertThat(found.labels()).hasSize(1000);
  }

  @Test
  void filesAreNoWords() {
    for (String file : List.of("./imagenet", "imagenet.pth", "a/imagenet", "imagenet1k_v1.pth")) {
      assertThat(ImageNetWeights.isWord(file)).as(file).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "resnet18|imagenet:v2|resnet18 has no ImageNet weights 'IMAGENET1K_V2'; did you mean"
            + " IMAGENET1K_V1?; it has IMAGENET1K_V1",
        "resnet9|imagenet|resnet9 has no ImageNet weights; give --weights a file, or see the column"
            + " weights of trainer archs",
        "vit_b_16|IMAGENET1K_SWAG_E2E_V1|the weights IMAGENET1K_SWAG_E2E_V1 of vit_b_16 are SWAG's,"
            + " under a licence of their own (CC BY-NC 4.0, github.com/facebookresearch/SWAG): if it"
            + " suits you, give --weights https://download.pytorch.org/models/vit_b_16_swag-9ac1b537.pth"
            + " with their --input-size, --resize and --interpolation",
        "vgg16|imagenet:features|the weights IMAGENET1K_FEATURES of vgg16 have no classifier, and"
            + " want pixels scaled otherwise; for the convolutions alone give --weights"
            + " https://download.pytorch.org/models/vgg16_features-amdegroot-88682ab5.pth with"
            + " --min-match 0.1, --mean and --std"
      })
  void saysWhatThereIsInstead(String network, String word, String message) {
    assertThatThrownBy(() -> ImageNetWeights.find(Zoo.find(network), word))
        .hasMessage(message)
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT));
  }

  @Test
  void aNetworkWithoutOfferedWeightsSaysWhy() {
    for (String network : SWAG_ONLY) {
      assertThatThrownBy(() -> ImageNetWeights.find(Zoo.find(network), "imagenet"))
          .hasMessageContaining("of " + network + " are SWAG's, under a licence of their own");
    }
  }

  @Test
  void anotherLibrarysNetworkNeedsAFile() {
    assertThatThrownBy(() -> WeightsChoice.of("imagenet", Optional.empty()))
        .hasMessage(
            "--weights imagenet names weights of an architecture of the zoo; give --arch, or a file");
  }

  @Test
  void labelsAreImageNetsClassesByIndex() {
    assertThat(ImageNetWeights.labels()).hasSize(1000).doesNotHaveDuplicates();
    assertThat(ImageNetWeights.labels().get(0)).isEqualTo("tench");
    assertThat(ImageNetWeights.labels().get(285)).isEqualTo("Egyptian cat");
    assertThat(ImageNetWeights.labels().get(999)).isEqualTo("toilet tissue");
    assertThat(getClass().getResource("imagenet-labels.LICENSE")).isNotNull();
  }

  /**
   * What torchvision's Inception networks do to each normalized channel in their first lines,
   * {@code x * (std / 0.5) + (mean - 0.5) / 0.5}, is in the mean and deviation here.
   */
  @ParameterizedTest
  @CsvSource({"googlenet, 256", "inception_v3, 342"})
  void transformInputIsPartOfThePreprocessing(String network, int resize) {
    Preprocessing rule = ImageNetWeights.find(Zoo.find(network), "imagenet").rule();
    assertThat(rule.resizeSize()).isEqualTo(resize);
    double[] mean = {0.485, 0.456, 0.406};
    double[] std = {0.229, 0.224, 0.225};
    for (int channel = 0; channel < 3; channel++) {
      for (double pixel : new double[] {0, 0.25, 0.7, 1}) {
        double normalized = (pixel - mean[channel]) / std[channel];
        double transformed = normalized * (std[channel] / 0.5) + (mean[channel] - 0.5) / 0.5;
        double ours = (pixel - rule.mean().get(channel)) / rule.std().get(channel);
        assertThat(ours).isEqualTo(transformed, within(1e-12));
      }
    }
  }
}
