package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CostTableTest {
  @TempDir private Path folder;

  @Test
  void theShippedOneIsOfAllKindsAndKeepsItsHashWhenWrittenAgain() {
    CostTable shipped = CostTable.shipped(Target.CPU);
    assertThat(shipped.cpu()).isEqualTo("x86_64 vnni");
    Path file = folder.resolve("costs.json");
    shipped.write(file);
    assertThat(CostTable.read(file)).isEqualTo(shipped);
    assertThat(CostTable.read(file).hash()).isEqualTo(shipped.hash()).hasSize(12);
  }

  /** A layer twice as wide both ways has four times the work, on twice the numbers. */
  @Test
  void aLayerThatIsNotInItCostsWhatTheMostAlikeOneDoesByItsWork() {
    CostTable table = CostTable.shipped(Target.CPU);
    LayerCost known = table.of(LayerCost.Kind.POINTWISE, 384, 18816);
    assertThat(table.layers()).contains(known);
    LayerCost other = table.of(LayerCost.Kind.POINTWISE, 4 * 512, 4 * 25088);
    LayerCost near = table.of(LayerCost.Kind.POINTWISE, 512, 25088);
    assertThat(other.floatMicros()).isCloseTo(16 * near.floatMicros(), within(1e-9));
    assertThat(other.integerMicros()).isCloseTo(16 * near.integerMicros(), within(1e-9));
    assertThat(other.conversionMicros()).isCloseTo(4 * near.conversionMicros(), within(1e-9));
  }

  @Test
  void whatIsNoTableIsRefused() throws IOException {
    Path file = folder.resolve("costs.json");
    for (String text :
        new String[] {
          "",
          "{",
          "[]",
          "{\"cpu\":\"x\",\"layers\":[]}",
          "{\"cpu\":\"x\"}",
          "{\"layers\":null,\"cpu\":3}",
          "{\"cpu\":\"x\",\"layers\":[{\"kind\":\"POINTWISE\",\"taps\":0}]}",
          "{\"cpu\":\"x\",\"layers\":[null]}",
          "{\"layers\":[]}",
          "{\"cpu\":\"x\",\"layers\":[{\"taps\":1,\"outputs\":1,\"floatMicros\":1,\"integerMicros\":1}]}",
          "{\"cpu\":\"x\",\"speed\":1,\"layers\":[]}"
        }) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> CostTable.read(file))
          .as(text)
          .isInstanceOfSatisfying(
              Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
          .hasMessageStartingWith("[" + file + "] is no table of costs: ")
          .hasMessageEndingWith("; make one with --measure-costs FILE");
    }
    assertThatThrownBy(() -> CostTable.read(folder.resolve("none")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("cannot be read");
  }

  /** Floats between integers are slower than both, by the work and by the conversions. */
  @Test
  void aLayerOnFloatsBetweenIntegersCostsItsConversionsToo() {
    try (CalibrationSet images = SmallNetworks.images("costs", 1)) {
      PlanCost cost =
          PlanCost.of(SmallNetworks.inverted(), CostTable.shipped(Target.CPU), Target.CPU, images);
      double none = cost.micros(Set.of());
      LayerCost middle = CostTable.shipped(Target.CPU).of(LayerCost.Kind.POINTWISE, 16, 24 * 256);
      assertThat(cost.micros(Set.of("p")) - none)
          .isGreaterThan(middle.floatMicros() - middle.integerMicros());
      assertThat(cost.micros(Set.of("a", "d", "p", "q", "gap", "fc"))).isPositive();
    }
  }
}
