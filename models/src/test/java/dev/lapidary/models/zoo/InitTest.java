package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The draws' distributions, and that they depend on the seed and the name alone. */
class InitTest {
  private static final long[] CONV = {128, 64, 3, 3};

  /** 73,728 draws: the deviation's own standard error is 0.3 %, the mean's 0.4 % of it. */
  @Test
  void normalsHaveTheirDeviation() {
    assertNormal(Init.KAIMING_FAN_OUT.tensor(1, "a", CONV), Math.sqrt(2.0 / (128 * 9)));
    assertNormal(Init.KAIMING_FAN_IN.tensor(1, "b", CONV), Math.sqrt(2.0 / (64 * 9)));
    assertNormal(Init.normal(0.02).tensor(1, "c", CONV), 0.02);
  }

  @Test
  void uniformsFillTheirInterval() {
    assertUniform(Init.UNIFORM_FAN_IN.tensor(1, "a", CONV), 1 / Math.sqrt(64 * 9));
    assertUniform(Init.KAIMING_UNIFORM_FAN_IN.tensor(1, "b", CONV), Math.sqrt(6.0 / (64 * 9)));
    assertUniform(Init.XAVIER_UNIFORM.tensor(1, "c", CONV), Math.sqrt(6.0 / (64 * 9 + 128 * 9)));
  }

  @Test
  void drawsAreAFunctionOfSeedAndName() {
    float[] first = Init.normal(1).tensor(7, "fc.weight", 100).toFloats();
    assertThat(Init.normal(1).tensor(7, "fc.weight", 100).toFloats()).isEqualTo(first);
    assertThat(Init.normal(1).tensor(8, "fc.weight", 100).toFloats()).isNotEqualTo(first);
    assertThat(Init.normal(1).tensor(7, "fc.bias", 100).toFloats()).isNotEqualTo(first);
  }

  /** Another class count changes the head only. */
  @Test
  void aNetworksDrawsDoNotDependOnEachOther() {
    StateDict five = state(5);
    StateDict ten = state(10);
    for (StateDict.Entry entry : five.entries()) {
      if (!entry.name().startsWith("fc.")) {
        assertThat(ten.find(entry.name()).orElseThrow().tensor().toFloats())
            .as(entry.name())
            .isEqualTo(entry.tensor().toFloats());
      }
    }
  }

  private static StateDict state(int classes) {
    TorchScriptArchive archive = Zoo.find("resnet20_cifar").build(ZooOptions.of(classes, 3));
    return StateDict.of(archive);
  }

  private static void assertNormal(Tensor tensor, double std) {
    double[] values = tensor.toDoubles();
    double mean = IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(9);
    double square = IntStream.range(0, values.length).mapToDouble(i -> values[i] * values[i]).sum();
    double fourth =
        IntStream.range(0, values.length).mapToDouble(i -> Math.pow(values[i], 4)).sum();
    double variance = square / values.length;
    assertThat(mean).isCloseTo(0, within(0.02 * std));
    assertThat(Math.sqrt(variance)).isCloseTo(std, within(0.015 * std));
    // A normal distribution's kurtosis is 3, a uniform one's 1.8.
    assertThat(fourth / values.length / (variance * variance)).isCloseTo(3, within(0.1));
  }

  private static void assertUniform(Tensor tensor, double bound) {
    double[] values = tensor.toDoubles();
    double max = IntStream.range(0, values.length).mapToDouble(i -> values[i]).max().orElse(9);
    double min = IntStream.range(0, values.length).mapToDouble(i -> values[i]).min().orElse(9);
    double square = IntStream.range(0, values.length).mapToDouble(i -> values[i] * values[i]).sum();
    assertThat(max).isCloseTo(bound, within(0.001 * bound)).isLessThanOrEqualTo(bound);
    assertThat(min).isCloseTo(-bound, within(0.001 * bound));
    assertThat(square / values.length).isCloseTo(bound * bound / 3, within(0.02 * bound * bound));
  }
}
