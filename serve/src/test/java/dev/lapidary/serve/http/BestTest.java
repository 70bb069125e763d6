package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BestTest {
  private static int[] sorted(float[] scores, int most) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted((a, b) -> Float.compare(scores[b], scores[a]))
        .limit(most)
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
      for (int most : new int[] {1, 2, 5, 16, 17, 40, 1000}) {
        assertThat(Best.of(scores, most)).isEqualTo(sorted(scores, most));
      }
    }
  }
}
