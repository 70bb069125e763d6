package dev.lapidary.core.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopKTest {
  private static int[] sorted(float[] scores, int k) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted((a, b) -> Float.compare(scores[b], scores[a]))
        .limit(k)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Test
  void isWhatAStableSortGives() {
    Random random = new Random(1);
    for (int round = 0; round < 300; round++) {
      float[] scores = new float[1 + random.nextInt(60)];
      for (int i = 0; i < scores.length; i++) {
        scores[i] =
            switch (random.nextInt(8)) {
              case 0 -> 0f;
              case 1 -> -0f;
              case 2 -> Float.NEGATIVE_INFINITY;
              case 3 -> Float.POSITIVE_INFINITY;
              default -> random.nextInt(9) - 4.5f;
            };
      }
      for (int k : new int[] {1, 2, 5, 16, 17, 40, 1000}) {
        assertThat(TopK.of(scores, k)).isEqualTo(sorted(scores, k));
      }
    }
  }
}
