package dev.lapidary.trainer.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.data.DataFormat;
import dev.lapidary.trainer.data.Dataset;
import dev.lapidary.trainer.data.PicturedFolder;
import dev.lapidary.trainer.embedding.ParquetFile.Column;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written, as Apache's own reader sees it. */
class ParquetFileTest {
  private static final List<Column> COLUMNS =
      List.of(
          new Column("text", Column.Kind.TEXT),
          new Column("number", Column.Kind.INT64),
          new Column("list", Column.Kind.FLOAT_LIST));

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          "message schema { required binary text (STRING); required int64 number;"
              + " required group list (LIST) { repeated group list { required float element; } } }");

  @TempDir Path folder;

  @Test
  void rowsOfAllGroupsComeBack() throws IOException {
    Path path = folder.resolve("a.parquet");
    float[] third = {Float.NaN, Float.NEGATIVE_INFINITY, -0.0f};
    try (ParquetFile file = ParquetFile.create(path, COLUMNS, Map.of("k", "v"))) {
      file.rowGroup(
          2,
          ParquetPage.texts(List.of("", "käse/☃.png")),
          ParquetPage.longs(-1, Long.MAX_VALUE),
          ParquetPage.floatLists(3, FloatBuffer.wrap(new float[] {1, 2, 3, 4, 5, 6})));
      file.rowGroup(
          1,
          ParquetPage.texts(List.of("last")),
          ParquetPage.longs(0),
          ParquetPage.floatLists(3, FloatBuffer.wrap(third)));
      file.finish();
    }
    ParquetTable table = ParquetTable.read(path);
    assertThat(table.footer().getNum_rows()).isEqualTo(3);
    assertThat(table.metadata()).containsExactly(Map.entry("k", "v"));
    List<Group> rows = table.rows(SCHEMA);
    assertThat(rows)
        .extracting(row -> row.getString("text", 0))
        .containsExactly("", "käse/☃.png", "last");
    assertThat(rows)
        .extracting(row -> row.getLong("number", 0))
        .containsExactly(-1L, Long.MAX_VALUE, 0L);
    assertThat(ParquetTable.floats(rows.get(0), "list")).containsExactly(1, 2, 3);
    assertThat(ParquetTable.floats(rows.get(1), "list")).containsExactly(4, 5, 6);
    assertThat(ParquetTable.floats(rows.get(2), "list")).containsExactly(third);
  }

  @Test
  void theSchemaSaysStringsAndLists() throws IOException {
    Path path = folder.resolve("a.parquet");
    try (ParquetFile file = ParquetFile.create(path, COLUMNS, Map.of())) {
      file.finish();
    }
    ParquetTable table = ParquetTable.read(path);
    assertThat(table.footer().getSchema())
        .extracting(ParquetFileTest::shown)
        .containsExactly(
            "schema 3",
            "text BYTE_ARRAY REQUIRED UTF8 STRING",
            "number INT64 REQUIRED",
            "list REQUIRED 1 LIST LIST",
            "list REPEATED 1",
            "element FLOAT REQUIRED");
    assertThat(table.rows(SCHEMA)).isEmpty();
  }

  /** Lengths whose runs need one byte and more, and lists of one number, which never go on. */
  @Test
  void listsOfAnyLength() throws IOException {
    for (int length : List.of(1, 2, 63, 64, 65, 9000)) {
      Path path = folder.resolve("list" + length + ".parquet");
      float[] numbers = new float[5 * length];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = i;
      }
      try (ParquetFile file = ParquetFile.create(path, COLUMNS.subList(2, 3), Map.of())) {
        file.rowGroup(5, ParquetPage.floatLists(length, FloatBuffer.wrap(numbers)));
        file.finish();
      }
      MessageType schema = new MessageType("schema", SCHEMA.getFields().subList(2, 3));
      List<Group> rows = ParquetTable.read(path).rows(schema);
      for (int row = 0; row < 5; row++) {
        float[] list = ParquetTable.floats(rows.get(row), "list");
        assertThat(list).hasSize(length);
        assertThat(list[0]).isEqualTo(row * length);
        assertThat(list[length - 1]).isEqualTo(row * length + length - 1);
      }
    }
  }

  /** One embedding of 3 million numbers fills a row group of its own. */
  @Test
  void embeddingsAreCutIntoRowGroups() throws IOException {
    int length = 3_000_000;
    Path path = folder.resolve("a.parquet");
    try (EmbeddingFile file =
        EmbeddingFile.create(
            EmbeddingFormat.of(path), path, twoImages(), List.of(3L, 1000L, 1000L))) {
      float[] both = new float[2 * length];
      both[2 * length - 1] = 7;
      file.add(both);
      file.finish();
    }
    ParquetTable table = ParquetTable.read(path);
    assertThat(table.footer().getRow_groups()).hasSize(2);
    assertThat(table.footer().getNum_rows()).isEqualTo(2);
    assertThat(table.metadata())
        .containsEntry("lapidary.shape", "[3,1000,1000]")
        .containsEntry("lapidary.classes", "[\"a\",\"b\"]");
    MessageType paths =
        MessageTypeParser.parseMessageType("message schema { required binary path (STRING); }");
    assertThat(table.rows(paths))
        .extracting(row -> row.getString("path", 0))
        .containsExactly("a/0.png", "b/1.png");
  }

  @Test
  void theNameSaysTheFormat() {
    assertThat(EmbeddingFormat.of(Path.of("x/A.NPZ"))).isEqualTo(EmbeddingFormat.NPZ);
    assertThat(EmbeddingFormat.of(Path.of("a.b.parquet"))).isEqualTo(EmbeddingFormat.PARQUET);
    assertThatThrownBy(() -> EmbeddingFormat.of(Path.of("a.csv")))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(
            "a.csv: embeddings are written as .npz (NumPy) or .parquet; choose another --out");
  }

  private Dataset twoImages() throws IOException {
    for (String name : List.of("a/0.png", "b/1.png")) {
      Path file = folder.resolve("data").resolve(name);
      Files.createDirectories(file.getParent());
      ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
    }
    return DataFormat.AUTO.read(folder.resolve("data"), PicturedFolder.READING);
  }

  private static String shown(SchemaElement element) {
    List<String> parts = new ArrayList<>(List.of(element.getName()));
    if (element.isSetType()) {
      parts.add(element.getType().name());
    }
    if (element.isSetRepetition_type()) {
      parts.add(element.getRepetition_type().name());
    }
    if (element.isSetNum_children()) {
      parts.add(String.valueOf(element.getNum_children()));
    }
    if (element.isSetConverted_type()) {
      parts.add(element.getConverted_type().name());
    }
    if (element.isSetLogicalType()) {
      parts.add(element.getLogicalType().getSetField().name());
    }
    return String.join(" ", parts);
  }
}
