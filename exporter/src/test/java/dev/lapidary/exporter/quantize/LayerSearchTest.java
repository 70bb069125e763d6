package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Layers l0, l1, …; what they harm and cost is made up. */
class LayerSearchTest {
  private final List<Set<String>> judged = new ArrayList<>();

  /** Harm adds up, and the guard passes what is left of it up to a limit. */
  private record Made(double[] harms, double[] micros, double conversion, double limit) {}

  private LayerSearch.Found search(Made made) {
    List<OnnxNode> layers =
        IntStream.range(0, made.harms().length)
            .mapToObj(i -> new OnnxNode("l" + i, "Conv", List.of("x"), List.of("y" + i), Map.of()))
            .toList();
    return LayerSearch.of(layers, trial(made), line -> {});
  }

  private LayerSearch.Trial trial(Made made) {
    return new LayerSearch.Trial() {
      @Override
      public Verdict judge(Set<String> kept) {
        judged.add(Set.copyOf(kept));
        double left = sum(made.harms(), i -> !kept.contains("l" + i));
        return new Verdict(100, left <= made.limit(), 1, 1, left, 0, Optional.empty());
      }

      @Override
      public double harm(Set<String> kept) {
        return sum(made.harms(), i -> !kept.contains("l" + i));
      }

      /** Floats take what they take, integers a quarter; each change of sides is a conversion. */
      @Override
      public double micros(Set<String> kept) {
        double micros =
            sum(made.micros(), i -> kept.contains("l" + i))
                + sum(made.micros(), i -> !kept.contains("l" + i)) / 4;
        for (int i = 1; i < made.micros().length; i++) {
          boolean changes = kept.contains("l" + i) != kept.contains("l" + (i - 1));
          micros += changes ? made.conversion() : 0;
        }
        return micros;
      }
    };
  }

  private static double sum(double[] values, Predicate<Integer> which) {
    return IntStream.range(0, values.length).filter(which::test).mapToDouble(i -> values[i]).sum();
  }

  @Test
  void whatPassesAtOnceIsTakenAndNothingElseIsTried() {
    LayerSearch.Found found = search(new Made(new double[] {1, 2}, new double[] {8, 8}, 0, 3));
    assertThat(found.keptFloat()).isEmpty();
    assertThat(judged).hasSize(1);
    assertThat(found.curve()).singleElement().satisfies(p -> assertThat(p.chosen()).isTrue());
    assertThat(found.curve().get(0).speedup()).isEqualTo(4);
  }

  @Test
  void theFewestOfTheWorstGoBack() {
    LayerSearch.Found found =
        search(new Made(new double[] {1, 9, 1, 5, 1, 3}, new double[] {8, 8, 8, 8, 8, 8}, 0.1, 7));
    assertThat(found.keptFloat()).containsExactlyInAnyOrder("l1", "l3");
    assertThat(found.verdict().passes()).isTrue();
  }

  /** The worst layer is as dear as all others; three cheap ones do as much. */
  @Test
  void cheapLayersGoBackWhereTheyDoAsMuchAsADearOne() {
    LayerSearch.Found found =
        search(new Made(new double[] {10, 4, 4, 4, 1}, new double[] {800, 8, 8, 8, 400}, 0.1, 13));
    assertThat(found.keptFloat()).containsExactlyInAnyOrder("l1", "l2", "l3");
    assertThat(found.curve())
        .isSortedAccordingTo((a, b) -> Double.compare(b.speedup(), a.speedup()));
    assertThat(found.curve()).filteredOn(CurvePoint::chosen).hasSize(1);
  }

  /** Of the worst prefix that passes, the first alone was not needed. */
  @Test
  void aLayerThatIsNotNeededComesBack() {
    LayerSearch.Found found =
        search(new Made(new double[] {6, 5, 1}, new double[] {8, 80, 80}, 0, 6.5));
    assertThat(found.keptFloat()).containsExactly("l0");
    LayerSearch.Found other =
        search(new Made(new double[] {5, 6, 5.5}, new double[] {8, 80, 8}, 0, 6));
    assertThat(other.keptFloat()).containsExactlyInAnyOrder("l0", "l2");
  }

  @Test
  void noIslandIsLeftThatCostsMoreThanItGains() {
    Made made = new Made(new double[] {9, 1, 9, 1}, new double[] {8, 4, 8, 80}, 5, 3);
    LayerSearch.Found found = search(made);
    // l1 between l0 and l2 saves 3 of 4 and has two conversions of 5.
    assertThat(found.keptFloat()).containsExactlyInAnyOrder("l0", "l1", "l2");
  }

  @Test
  void whatCannotPassComesAsNearAsItCanWithALayerOnIntegers() {
    LayerSearch.Found found =
        search(new Made(new double[] {4, 9, 3}, new double[] {8, 8, 8}, 0.1, -1));
    assertThat(found.verdict().passes()).isFalse();
    assertThat(found.keptFloat()).containsExactlyInAnyOrder("l0", "l1");
    assertThat(found.curve()).hasSameSizeAs(new HashSet<>(judged));
  }

  /** Of made-up networks none is slower than the fewest of the worst layers on floats leave it. */
  @Test
  void noneIsSlowerThanWithTheFewestOfTheWorstOnFloats() {
    for (int network = 0; network < 100; network++) {
      int layers = 4 + network % 30;
      double[] u =
          Arrays.stream(Uniform.u("search/" + network, 2 * layers + 2))
              .map(x -> (x + 1) / 2)
              .toArray();
      double[] harms = Arrays.stream(u, 0, layers).map(x -> x * x * x).toArray();
      double[] micros = Arrays.stream(u, layers, 2 * layers).map(x -> 1 + 40 * x).toArray();
      double limit = Arrays.stream(harms).sum() * (0.2 + 0.7 * u[2 * layers]);
      Made made = new Made(harms, micros, 8 * u[2 * layers + 1], limit);
      LayerSearch.Trial trial = trial(made);
      List<Integer> worst =
          IntStream.range(0, layers)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer i) -> harms[i]).reversed())
              .toList();
      Set<String> fewest = new HashSet<>();
      for (int i = 0; !trial.judge(fewest).passes(); i++) {
        fewest.add("l" + worst.get(i));
      }
      LayerSearch.Found found = search(made);
      assertThat(found.verdict().passes()).isTrue();
      assertThat(trial.micros(found.keptFloat()))
          .as("network " + network)
          .isLessThanOrEqualTo(trial.micros(fewest));
    }
  }

  /** A report's curve has more points, and changes nothing of what was chosen. */
  @Test
  void aReportShowsEachLayerAndWhatTheWorstOnFloatsWouldGive() {
    Made made = new Made(new double[] {1, 9, 1, 5}, new double[] {8, 8, 8, 8}, 0, 7);
    LayerSearch.Found found = search(made);
    List<OnnxNode> layers =
        IntStream.range(0, 4)
            .mapToObj(i -> new OnnxNode("l" + i, "Conv", List.of("x"), List.of("y" + i), Map.of()))
            .toList();
    List<LayerHarm> harms = LayerSearch.harms(layers, trial(made), found);
    List<CurvePoint> curve = LayerSearch.curve(harms, trial(made), found);
    assertThat(harms).extracting(LayerHarm::name).startsWith("l1", "l3");
    assertThat(harms).extracting(LayerHarm::onIntegers).startsWith(false, true);
    assertThat(harms).extracting(LayerHarm::micros).containsOnly(6.0);
    assertThat(curve).filteredOn(CurvePoint::chosen).hasSize(1);
    assertThat(curve).hasSizeGreaterThan(found.curve().size());
    assertThat(curve).extracting(CurvePoint::floats).doesNotHaveDuplicates();
  }

  /** Nothing is held to the guard twice, nor what is no faster than what is found. */
  @Test
  void trialsAreBounded() {
    double[] harms = IntStream.range(0, 64).mapToDouble(i -> 1 + i % 7).toArray();
    double[] micros = IntStream.range(0, 64).mapToDouble(i -> 1 + i % 5).toArray();
    LayerSearch.Found found = search(new Made(harms, micros, 0.01, 100));
    assertThat(found.verdict().passes()).isTrue();
    assertThat(judged).doesNotHaveDuplicates().hasSizeLessThan(30);
  }
}
