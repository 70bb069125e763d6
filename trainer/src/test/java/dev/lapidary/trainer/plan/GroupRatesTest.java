package dev.lapidary.trainer.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.trainer.plan.GroupRates.Member;
import dev.lapidary.trainer.program.Optimizer.Rate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rates of a network of four layers: stem, layer1, layer2, fc. */
class GroupRatesTest {
  private static final int LAYERS = 4;
  private static final List<Member> MEMBERS =
      List.of(
          new Member("stem.weight", 4, 0),
          new Member("layer1.weight", 4, 1),
          new Member("layer1.bias", 1, 1),
          new Member("layer1.norm", 1, 1),
          new Member("layer2.weight", 4, 2),
          new Member("fc.weight", 2, 3));

  @Test
  void layerDecayIsTimmsFormula() {
    Map<String, Rate> rates = rates("{lr: 0.1, layer-decay: 0.75}", MEMBERS);
    assertThat(rates.get("fc.weight").learningRate()).isEqualTo(0.1);
    assertThat(rates.get("layer2.weight").learningRate()).isCloseTo(0.1 * 0.75, within(1e-17));
    assertThat(rates.get("stem.weight").learningRate())
        .isCloseTo(0.1 * 0.75 * 0.75 * 0.75, within(1e-17));
  }

  @Test
  void aFrozenHeadDoesNotRaiseTheOthersRates() {
    List<Member> below = MEMBERS.subList(0, 5);
    assertThat(rates("{lr: 0.1, layer-decay: 0.5}", below).get("layer2.weight").learningRate())
        .isEqualTo(0.05);
  }

  @Test
  void aRangeIsFastaisEvenMults() {
    Map<String, Rate> rates = rates("{lr: 1e-3, stem-lr: 1e-6}", MEMBERS);
    // even_mults(1e-6, 1e-3, 4) = 1e-6, 1e-5, 1e-4, 1e-3
    assertThat(rates.get("stem.weight").learningRate()).isCloseTo(1e-6, within(1e-18));
    assertThat(rates.get("layer1.weight").learningRate()).isCloseTo(1e-5, within(1e-18));
    assertThat(rates.get("layer2.weight").learningRate()).isCloseTo(1e-4, within(1e-17));
    assertThat(rates.get("fc.weight").learningRate()).isCloseTo(1e-3, within(1e-17));
  }

  @Test
  void theFirstGroupThatMatchesGivesRateDecayAndMomentum() {
    String groups =
        "{lr: 0.1, weight-decay: 0.2, groups: [{match: layer1.bias, momentum: 0.5},"
            + " {match: layer1, lr: 0.01, weight-decay: 0.3}]}";
    Map<String, Rate> rates = rates(groups, MEMBERS);
    assertThat(rates.get("layer1.bias")).isEqualTo(new Rate(0.1, 0.2, Optional.of(0.5)));
    assertThat(rates.get("layer1.weight")).isEqualTo(new Rate(0.01, 0.3));
    assertThat(rates.get("fc.weight")).isEqualTo(new Rate(0.1, 0.2));
  }

  @Test
  void normsAndBiasesCanBeSparedTheDecay() {
    Map<String, Rate> rates = rates("{weight-decay: 0.2, decay-norms-and-biases: false}", MEMBERS);
    assertThat(rates.get("layer1.bias").weightDecay()).isZero();
    assertThat(rates.get("layer1.norm").weightDecay()).isZero();
    assertThat(rates.get("layer1.weight").weightDecay()).isEqualTo(0.2);
  }

  @Test
  void aPatternThatMatchesNothingIsRefusedWithNearNames() {
    assertThatThrownBy(() -> rates("{groups: [{match: layr1, lr: 1}]}", MEMBERS))
        .hasMessageContaining("the pattern layr1 matches no parameter")
        .hasMessageContaining("did you mean layer1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{lr: 0.1, stem-lr: 0.2} | stem-lr must lie between 0 and lr 0.1",
        "{stem-lr: 1e-5, layer-decay: 0.5} | stem-lr and layer-decay both give the layers' rates",
        "{optimizer: {kind: sgd, momentum: 0}, groups: [{match: fc, momentum: 0.5}]} | needs an"
            + " optimizer with a momentum above 0",
        "{groups: [{match: fc, momentum: 1}]} | groups.momentum must lie between 0 and 1",
        "{gradual-unfreeze: 1, train-only: [fc]} | gradual-unfreeze and train-only exclude"
      })
  void refuses(String stage, String message) {
    assertThatThrownBy(() -> stage(stage)).hasMessageContaining(message);
  }

  @Test
  void gradualUnfreezingIsWrittenOutAsStagesFromTheHeadToTheStem() {
    List<List<String>> layers =
        List.of(List.of("stem"), List.of("layer1"), List.of("layer2", "pool"), List.of("fc"));
    RunConfig config = config("{name: all, epochs: 5, gradual-unfreeze: 2, freeze: [stem.bn]}");
    List<String> names = MEMBERS.stream().map(Member::name).toList();
    RunConfig written = GradualUnfreeze.writeOut(config, layers, names);
    List<StageConfig> stages = written.stages();
    assertThat(stages)
        .extracting(StageConfig::name)
        .containsExactly("thaw-fc", "thaw-layer2", "thaw-layer1", "all");
    assertThat(stages)
        .extracting(StageConfig::trainOnly)
        .containsExactly(
            List.of("fc"), List.of("layer2", "fc"), List.of("layer1", "layer2", "fc"), List.of());
    assertThat(stages).extracting(StageConfig::epochs).containsExactly(2, 2, 2, 5);
    assertThat(stages).extracting(StageConfig::gradualUnfreeze).containsOnly(0);
    assertThat(stages).extracting(StageConfig::freeze).containsOnly(List.of("stem.bn"));
    assertThat(GradualUnfreeze.writeOut(written, layers, names)).isEqualTo(written);
  }

  private static Map<String, Rate> rates(String stage, List<Member> members) {
    List<String> names = MEMBERS.stream().map(Member::name).toList();
    return GroupRates.of(stage(stage), members, LAYERS, new NamePatterns(names, List.of("fc")));
  }

  private static StageConfig stage(String yaml) {
    return config(yaml).stages().get(0);
  }

  private static RunConfig config(String stage) {
    String yaml = "data: {train: d}\nmodel: {arch: resnet18}\nstages: [" + stage + "]";
    return RunYaml.read(yaml, "test");
  }
}
