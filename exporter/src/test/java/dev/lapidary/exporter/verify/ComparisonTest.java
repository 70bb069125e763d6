package dev.lapidary.exporter.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ComparisonTest {
  private static final float[] EXPECTED = {1, 2, 3, 4};

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aNumberThatIsNoneNeverPasses(int at) {
    for (float broken : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] found = EXPECTED.clone();
      found[at] = broken;
      assertThat(passes(EXPECTED, found)).as("found %s at %d", broken, at).isFalse();
      assertThat(passes(found, EXPECTED)).as("expected %s at %d", broken, at).isFalse();
      assertThat(passes(found, found)).as("both %s at %d", broken, at).isFalse();
    }
  }

  /** Not even if a batch of sound answers comes behind it. */
  @Test
  void laterBatchesDoNotMakeUpForIt() {
    Comparison comparison = new Comparison();
    comparison.add(new Logits(1, EXPECTED), new Logits(1, new float[] {1, Float.NaN, 3, 4}));
    comparison.add(new Logits(1, EXPECTED), new Logits(1, EXPECTED));
    assertThat(comparison.passes(1)).isFalse();
    assertThat(comparison.maxAbsDifference()).isNaN();
  }

  @Test
  void equalNumbersPass() {
    assertThat(passes(EXPECTED, EXPECTED)).isTrue();
  }

  private static boolean passes(float[] expected, float[] found) {
    Comparison comparison = new Comparison();
    comparison.add(new Logits(1, expected), new Logits(1, found));
    return comparison.passes(Comparison.BOUND);
  }
}
