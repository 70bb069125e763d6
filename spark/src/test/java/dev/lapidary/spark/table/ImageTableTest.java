package dev.lapidary.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageTableTest {

  @ParameterizedTest
  @CsvSource({
    "0, 4, 0, 0, 0",
    "1, 4, 1, 1, 1",
    "30, 4, 4, 8, 6",
    "100, 2, 10, 24, 4",
    "3072, 2, 22, 512, 8",
    "20000, 2, 55, 512, 8",
    "20000, 1000, 2500, 8, 8"
  })
  void tasksHoldWholeBatchesOfFilesAndBecomeShorter(
      int files, int cores, int tasks, int first, int last) {
    List<String> paths = IntStream.range(0, files).mapToObj(i -> "image-" + i).toList();
    List<List<String>> cut = ImageTable.tasks(paths, cores);
    assertThat(cut).hasSize(tasks);
    assertThat(cut.stream().flatMap(List::stream).toList()).isEqualTo(paths);
    List<Integer> sizes = cut.stream().map(List::size).toList();
    assertThat(sizes).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(sizes.stream().limit(Math.max(0, tasks - 1))).allMatch(size -> size % 8 == 0);
    assertThat(files == 0 || (sizes.get(0) == first && sizes.get(tasks - 1) == last)).isTrue();
  }

  @Test
  void namesOfTablesAreToldFromPaths() {
    assertThat(List.of("photos", "shop.photos", "lake.shop.photos_2")).allMatch(ImageTable::isName);
    assertThat(List.of("./photos", "a/b", "s3://bucket/photos", "photos.2026", "a.b.c.d", ""))
        .noneMatch(ImageTable::isName);
  }
}
