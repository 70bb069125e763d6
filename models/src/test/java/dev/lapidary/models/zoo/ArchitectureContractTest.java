package dev.lapidary.models.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every architecture owes to the trainer and to the lists. */
class ArchitectureContractTest {
  private static final ZooOptions FIVE = ZooOptions.of(5, 1);

  static Stream<Architecture> all() {
    return Zoo.all().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void stagesCoverEveryParameterExactlyOnce(Architecture architecture) {
    for (StateEntry entry : architecture.state(FIVE)) {
      List<Stage> covering =
          architecture.stages().stream().filter(s -> s.covers(entry.name())).toList();
      assertThat(covering).as(entry.name()).hasSize(1);
    }
    for (Stage stage : architecture.stages()) {
      assertThat(architecture.state(FIVE)).anyMatch(e -> stage.covers(e.name()));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void headsAreInTheStateDictAndHaveTheClassCount(Architecture architecture) {
    Stream.concat(
            Stream.of(architecture.headName()),
            architecture.auxiliaryHeads().stream().map(Architecture.AuxiliaryHead::name))
        .forEach(
            head ->
                assertThat(architecture.state(FIVE))
                    .anyMatch(e -> e.name().equals(head + ".weight") && e.shape().get(0) == 5));
    Stage last = architecture.stages().get(architecture.stages().size() - 1);
    assertThat(last.covers(architecture.headName() + ".weight")).isTrue();
  }

  @ParameterizedTest
  @MethodSource("all")
  void countsItsWork(Architecture architecture) {
    assertThat(architecture.multiplyAdds(FIVE)).isGreaterThan(1_000_000);
    assertThat(architecture.preprocessing().cropHeight()).isEqualTo(architecture.inputSize());
  }

  @Test
  void anUnknownNameNamesTheNearest() {
    assertThatThrownBy(() -> Zoo.find("resnet-51"))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("no architecture is named 'resnet-51'; did you mean resnet")
        .hasMessageEndingWith("(trainer archs lists all)");
  }
}
