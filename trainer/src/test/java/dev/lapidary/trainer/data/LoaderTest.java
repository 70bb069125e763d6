package dev.lapidary.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoaderTest {
  private static final Preprocessor SMALL = Preprocessor.of(Preprocessing.imageNet(18, 16));

  @TempDir private Path root;
  private Dataset data;

  /** A batch's own copy, since the loader fills the arrays anew. */
  private record Copy(List<Float> images, List<Long> labels, List<Integer> samples) {
    static Copy of(Batch batch) {
      List<Float> images = new ArrayList<>();
      for (int i = 0; i < batch.count() * 3 * 16 * 16; i++) {
        images.add(batch.images()[i]);
      }
      return new Copy(
          images,
          Arrays.stream(batch.labels()).boxed().toList(),
          Arrays.stream(batch.samples()).boxed().toList());
    }
  }

  @BeforeEach
  void fill() {
    PicturedFolder.fill(root, "ant", 13);
    PicturedFolder.fill(root, "bee", 14);
    data = DataFormat.AUTO.read(root, PicturedFolder.READING);
  }

  @Test
  void threadsAndCacheChangeNoByte() {
    List<Copy> one = epoch(1, 0, 3, 0);
    assertThat(one).hasSize(6);
    assertThat(epoch(8, 0, 3, 0)).isEqualTo(one);
    assertThat(epoch(8, 1 << 20, 3, 0)).isEqualTo(one);
    assertThat(epoch(8, 2000, 3, 0)).isEqualTo(one);
    assertThat(epoch(8, 0, 4, 0)).isNotEqualTo(one);
  }

  @Test
  void anEpochGoesOnWhereItStopped() {
    List<Copy> all = epoch(2, 0, 3, 0);
    assertThat(epoch(2, 0, 3, 4)).isEqualTo(all.subList(4, 6));
    assertThat(epoch(2, 0, 3, 6)).isEmpty();
  }

  @Test
  void labelsBelongToTheirImages() {
    for (Copy batch : epoch(4, 0, 1, 0)) {
      for (int i = 0; i < batch.samples().size(); i++) {
        Sample sample = data.samples().get(batch.samples().get(i));
        assertThat(batch.labels().get(i)).isEqualTo(sample.label());
        assertThat(sample.name()).startsWith(data.labels().get(sample.label()) + "/");
        float[] alone = new float[3 * 16 * 16];
        try {
          SMALL.apply(data.pictures().image(sample, Background.BLACK), alone, 0);
        } catch (IOException e) {
          throw new AssertionError(e);
        }
        for (int k = 0; k < alone.length; k++) {
          assertThat(batch.images().get(i * alone.length + k)).isEqualTo(alone[k]);
        }
      }
    }
  }

  @Test
  void anImageThatWentBadIsNamed() throws IOException {
    Files.writeString(root.resolve("bee/007.png"), "no image any more");
    assertThatThrownBy(() -> epoch(4, 0, 1, 0))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[bee/007.png] the image could be read at the start and cannot now")
        .hasMessageContaining("expected JPEG, PNG, WebP, BMP or GIF");
  }

  @Test
  void closesWithinAnEpoch() {
    try (Loader loader = new Loader(data, SMALL, View.evaluation(SMALL), 2, 0)) {
      int[] order = EpochOrder.AS_LISTED.samples(data, 0, 0);
      try (Loader.Batches batches = loader.batches(order, 2, 0, 0)) {
        assertThat(batches.total()).isEqualTo(14);
        assertThat(batches.next().count()).isEqualTo(2);
      }
      try (Loader.Batches again = loader.batches(order, 2, 0, 13)) {
        assertThat(again.next().count()).isEqualTo(1);
        assertThat(again.hasNext()).isFalse();
      }
    }
  }

  private List<Copy> epoch(int threads, long cacheBytes, long epoch, int firstBatch) {
    List<Copy> copies = new ArrayList<>();
    try (Loader loader = new Loader(data, SMALL, View.evaluation(SMALL), threads, cacheBytes)) {
      int[] order = EpochOrder.SHUFFLED.samples(data, 7, epoch);
      Loader.Batches batches = loader.batches(order, 5, epoch, firstBatch);
      while (batches.hasNext()) {
        copies.add(Copy.of(batches.next()));
      }
    }
    return copies;
  }
}
