package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parameters and multiply-adds against the tables that torchvision publishes with its weights. */
class PublishedCountsTest {
  @ParameterizedTest
  @CsvSource({
    "vgg13, 133047848",
    "vgg13_bn, 133053736",
    "vgg19, 143667240",
    "vgg19_bn, 143678248",
    "densenet161, 28681000",
    "densenet169, 14149480",
    "densenet201, 20013928",
    "efficientnet_b1, 7794184",
    "efficientnet_b2, 9109994",
    "efficientnet_b4, 19341616",
    "convnext_small, 50223688",
    "convnext_base, 88591464",
    "shufflenet_v2_x0_5, 1366792",
    "shufflenet_v2_x1_5, 3503624",
    "shufflenet_v2_x2_0, 7393996",
    "mnasnet0_5, 2218512",
    "mnasnet0_75, 3170208",
    "mnasnet1_3, 6282256",
    "regnet_x_800mf, 7259656",
    "regnet_x_1_6gf, 9190136",
    "regnet_x_3_2gf, 15296552",
    "regnet_x_8gf, 39572648",
    "regnet_y_800mf, 6432512",
    "regnet_y_1_6gf, 11202430",
    "regnet_y_3_2gf, 19436338",
    "regnet_y_8gf, 39381472",
    "resnext101_32x8d, 88791336",
    "resnext101_64x4d, 83455272",
    "wide_resnet101_2, 126886696",
    "convnext_large, 197767336",
    "efficientnet_b5, 30389784",
    "efficientnet_b6, 43040704",
    "efficientnet_b7, 66347960",
    "efficientnet_v2_m, 54139356",
    "efficientnet_v2_l, 118515272",
    "maxvit_t, 30919624",
    "regnet_x_16gf, 54278536",
    "regnet_x_32gf, 107811560",
    "regnet_y_16gf, 83590140",
    "regnet_y_32gf, 145046770",
    "regnet_y_128gf, 644812894",
    "swin_s, 49606258",
    "swin_b, 87768224",
    "swin_v2_t, 28351570",
    "swin_v2_s, 49737442",
    "swin_v2_b, 87930848",
    "vit_l_16, 304326632",
    "vit_l_32, 306535400",
    "vit_h_14, 632045800"
  })
  void parameters(String name, long published) {
    assertThat(Zoo.find(name).parameters(ZooOptions.of(1000, 0))).isEqualTo(published);
  }

  /** Published with three digits after the point, in units of 10^9. */
  @ParameterizedTest
  @CsvSource({
    "resnet18, 1.814",
    "resnet50, 4.089",
    "resnet152, 11.514",
    "alexnet, 0.714",
    "vgg16, 15.47",
    "densenet121, 2.834",
    "mobilenet_v2, 0.301",
    "mobilenet_v3_large, 0.217",
    "efficientnet_b0, 0.386",
    "efficientnet_v2_s, 8.366",
    "convnext_tiny, 4.456",
    "shufflenet_v2_x1_0, 0.145",
    "squeezenet1_0, 0.819",
    "mnasnet1_0, 0.314",
    "regnet_y_400mf, 0.402",
    "regnet_x_8gf, 7.995",
    "googlenet, 1.498",
    "inception_v3, 5.713",
    "vit_b_16, 17.564",
    "swin_t, 4.491",
    "resnet34, 3.664",
    "resnet101, 7.801",
    "resnext50_32x4d, 4.23",
    "wide_resnet50_2, 11.398",
    "vgg11, 7.609",
    "vgg13, 11.308",
    "vgg19, 19.632",
    "densenet161, 7.728",
    "densenet169, 3.36",
    "densenet201, 4.291",
    "efficientnet_b1, 0.687",
    "efficientnet_b2, 1.088",
    "efficientnet_b3, 1.827",
    "efficientnet_b4, 4.394",
    "convnext_small, 8.684",
    "convnext_base, 15.355",
    "shufflenet_v2_x1_5, 0.296",
    "shufflenet_v2_x2_0, 0.583",
    "squeezenet1_1, 0.349",
    "mnasnet1_3, 0.526",
    "regnet_x_400mf, 0.414",
    "regnet_y_8gf, 8.473",
    "vit_b_32, 4.409",
    "resnext101_32x8d, 16.414",
    "resnext101_64x4d, 15.46",
    "wide_resnet101_2, 22.753",
    "convnext_large, 34.361",
    "efficientnet_b5, 10.266",
    "efficientnet_b6, 19.068",
    "efficientnet_b7, 37.746",
    "efficientnet_v2_m, 24.582",
    "efficientnet_v2_l, 56.08",
    "maxvit_t, 5.558",
    "regnet_x_16gf, 15.941",
    "regnet_x_32gf, 31.736",
    "regnet_y_16gf, 15.912",
    "regnet_y_32gf, 32.28",
    "regnet_y_128gf, 127.518",
    "swin_s, 8.741",
    "swin_b, 15.431",
    "swin_v2_t, 5.94",
    "swin_v2_s, 11.546",
    "swin_v2_b, 20.325",
    "vit_l_16, 61.555",
    "vit_l_32, 15.378",
    "vit_h_14, 167.295"
  })
  void multiplyAdds(String name, double published) {
    double giga = Zoo.find(name).multiplyAdds(ZooOptions.of(1000, 0)) / 1e9;
    assertThat(giga).isCloseTo(published, Percentage.withPercentage(0.4));
  }

  /** He et al. 2015, table 6: 0.27 million parameters with identity shortcuts. */
  @Test
  void theSmallNetworkHasThePapersSize() {
    assertThat(Zoo.find("resnet20_cifar").parameters(ZooOptions.of(10, 0))).isEqualTo(272_474);
  }
}
