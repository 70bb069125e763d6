package dev.lapidary.trainer.data;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageFolder;
import dev.lapidary.models.image.ImageLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A list of images: CSV (RFC 4180, with a header) or JSONL (an object a line), each with {@code
 * path} and {@code label}, and as one likes {@code split} (train, val, test, anything else is left
 * out) and {@code group}; other columns are ignored. Paths are relative to the list's folder.
 * Classes are sorted by their names' bytes, as in folders.
 */
final class ManifestFormat {
  private static final ObjectReader CSV =
      CsvMapper.builder()
          .enable(CsvParser.Feature.TRIM_SPACES)
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readerFor(Row.class)
          .with(CsvSchema.emptySchema().withHeader());
  private static final ObjectReader JSONL =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readerFor(Row.class);

  private ManifestFormat() {}

  /** A line as it stands in the file. */
  private record Row(
      @JsonProperty("path") @JsonAlias({"file_name", "filename", "file", "image"})
          @Nullable String path,
      @JsonProperty("label") @JsonAlias("class") @Nullable String label,
      @JsonProperty("split") @Nullable String split,
      @JsonProperty("group") @Nullable String group) {}

  static Dataset readCsv(Path file, ImageLimits limits) {
    return read(file, CSV, limits);
  }

  static Dataset readJsonl(Path file, ImageLimits limits) {
    return read(file, JSONL, limits);
  }

  private static Dataset read(Path file, ObjectReader reader, ImageLimits limits) {
    List<Row> rows = rows(file, reader);
    TreeSet<String> names = new TreeSet<>(ImageFolder.BYTE_ORDER);
    for (int i = 0; i < rows.size(); i++) {
      names.add(required(file, i, "label", rows.get(i).label()));
    }
    if (names.size() < 2) {
      throw Failure.badInput(
          "[%s] expected images of at least two labels but found %d: %s",
          file, names.size(), names);
    }
    List<String> labels = List.copyOf(names);
    Map<String, Integer> index = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      index.put(labels.get(i), i);
    }
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      String path = required(file, i, "path", row.path());
      String label = required(file, i, "label", row.label());
      samples.add(
          new Sample(
              path,
              index.getOrDefault(label, 0),
              text(row.group()).isEmpty() ? path : text(row.group()),
              Sample.Part.of(text(row.split()).toLowerCase(Locale.ROOT))));
    }
    Path folder = file.toAbsolutePath().getParent();
    return new Dataset(labels, samples, new FilePictures(folder == null ? file : folder, limits));
  }

  private static List<Row> rows(Path file, ObjectReader reader) {
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput("[%s] the file does not exist; expected a list of images", file);
    }
    try (MappingIterator<Row> lines = reader.readValues(file.toFile())) {
      return lines.readAll();
    } catch (JsonProcessingException e) {
      throw Failure.badInput(
          "[%s] line %d cannot be read: %s",
          file,
          e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
          e.getOriginalMessage().lines().findFirst().orElse(""));
    } catch (IOException e) {
      throw Failure.badInput("[%s] cannot be read: %s", file, e);
    }
  }

  private static String required(Path file, int row, String column, @Nullable String value) {
    if (text(value).isEmpty()) {
      throw Failure.badInput(
          "[%s] image %d has no %s; expected at least path and label", file, row + 1, column);
    }
    return text(value);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value.strip();
  }
}
