package dev.lapidary.core.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TextFile;
import dev.lapidary.core.image.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A list of images: CSV (RFC 4180, with a header; also with tabs or {@code ;}) or JSONL (an object
 * a line), each with {@code path} and what {@link Labelling} reads labels from, and as one likes
 * {@code split}, {@code group} and {@code weight}. Paths are relative to the list's folder. Labels
 * are sorted by their names' bytes, as the classes of folders are.
 *
 * @param folder that paths begin at
 * @param multiLabel whether an image has any number of labels; otherwise each has exactly one
 * @param labels by index
 * @param images in the list's order
 */
public record ImageList(
    Path folder, boolean multiLabel, List<String> labels, List<ImageList.Image> images) {
  private static final ObjectReader CSV =
      CsvMapper.builder()
          .enable(CsvParser.Feature.TRIM_SPACES)
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .build()
          .readerFor(ObjectNode.class);
  private static final ObjectReader JSONL =
      JsonMapper.builder().build().readerFor(ObjectNode.class);

  /**
   * @param path relative to the list's folder
   * @param labels indices, ascending
   * @param split what it is for, in lower case; empty if the list does not say
   * @param group of images that belong together; empty if the list does not say
   * @param weight of the image in training, as it stands there; absent if the list has no weights
   */
  public record Image(
      String path, List<Integer> labels, String split, String group, Optional<String> weight) {
    public Image {
      labels = List.copyOf(labels);
    }
  }

  public ImageList {
    labels = List.copyOf(labels);
    images = List.copyOf(images);
  }

  /** Whether a file's name says that it is a list. */
  public static boolean isList(Path file) {
    return isJsonl(file) || name(file).endsWith(".csv") || name(file).endsWith(".tsv");
  }

  /** Whether a file's name says that it is a list with an object a line. */
  public static boolean isJsonl(Path file) {
    return name(file).endsWith(".jsonl") || name(file).endsWith(".ndjson");
  }

  /** By the name's ending: CSV or JSONL. */
  public static ImageList read(Path file) {
    return isJsonl(file) ? readJsonl(file) : readCsv(file);
  }

  /**
   * Columns are divided by {@code ,}, {@code ;} or tabs, as the first line shows.
   *
   * @throws Failure (exit 2) naming the file and the first image that is not as expected
   */
  public static ImageList readCsv(Path file) {
    String text = text(file);
    Optional<Character> said = Separator.said(text);
    // What a spreadsheet puts above its header is no line of the list; its end stays, to count by.
    String list = said.isPresent() ? text.substring(Separator.SAYING.length() + 1) : text;
    char separator = said.orElseGet(() -> Separator.of(list));
    return of(
        file,
        rows(
            file,
            list,
            CSV.with(CsvSchema.emptySchema().withHeader().withColumnSeparator(separator))));
  }

  /**
   * @throws Failure (exit 2) naming the file and the first image that is not as expected
   */
  public static ImageList readJsonl(Path file) {
    return of(file, rows(file, text(file), JSONL));
  }

  private static String text(Path file) {
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput("[%s] the file does not exist; expected a list of images", file);
    }
    return TextFile.read(file);
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
  }

  private static ImageList of(Path file, List<Row> rows) {
    Row.requirePaths(file, rows);
    Labelling labelling = Labelling.of(rows);
    List<Set<String>> sets = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(ImageFolder.BYTE_ORDER);
    for (Row row : rows) {
      sets.add(labelling.labels(row));
    }
    sets.forEach(names::addAll);
    names.addAll(labelling.known());
    List<String> labels =
        LabelNames.distinct(names).stream().sorted(ImageFolder.BYTE_ORDER).toList();
    Map<String, Integer> index = new HashMap<>();
    List<String> written = List.copyOf(names);
    List<Integer> indices = LabelNames.indices(written, labels);
    for (int i = 0; i < written.size(); i++) {
      index.put(written.get(i), indices.get(i));
    }
    boolean weighed = rows.stream().anyMatch(row -> row.has(Row.WEIGHT));
    List<Image> images = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      images.add(
          new Image(
              row.required(Row.PATH),
              sets.get(i).stream()
                  .map(name -> index.getOrDefault(name, 0))
                  .distinct()
                  .sorted()
                  .toList(),
              row.split(),
              row.text(Row.GROUP),
              weighed ? Optional.of(row.text(Row.WEIGHT)) : Optional.empty()));
    }
    Path folder = file.toAbsolutePath().getParent();
    return new ImageList(folder == null ? file : folder, labelling.several(), labels, images);
  }

  private static List<Row> rows(Path file, String text, ObjectReader reader) {
    try (MappingIterator<ObjectNode> lines = reader.readValues(text)) {
      List<Row> rows = new ArrayList<>();
      while (lines.hasNextValue()) {
        rows.add(new Row(file, rows.size() + 1, lines.nextValue()));
      }
      return rows;
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
}
