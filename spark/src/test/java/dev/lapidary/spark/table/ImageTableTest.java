package dev.lapidary.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageTableTest {

  @ParameterizedTest
  @CsvSource({"0, 4, 0, 0", "1, 4, 1, 1", "30, 4, 4, 8", "100, 2, 2, 56", "20000, 2, 157, 128"})
  void tasksHoldWholeBatchesOfFiles(int files, int cores, int tasks, int largest) {
    List<String> paths = IntStream.range(0, files).mapToObj(i -> "image-" + i).toList();
    List<List<String>> cut = ImageTable.tasks(paths, cores);
    assertThat(cut).hasSize(tasks);
    assertThat(cut.stream().flatMap(List::stream).toList()).isEqualTo(paths);
    assertThat(cut.stream().mapToInt(List::size).max().orElse(0)).isEqualTo(largest);
  }

  @Test
  void namesOfTablesAreToldFromPaths() {
    assertThat(List.of("photos", "shop.photos", "lake.shop.photos_2")).allMatch(ImageTable::isName);
    assertThat(List.of("./photos", "a/b", "s3://bucket/photos", "photos.2026", "a.b.c.d", ""))
        .noneMatch(ImageTable::isName);
  }
}
