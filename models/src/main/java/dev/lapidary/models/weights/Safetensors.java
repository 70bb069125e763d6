package dev.lapidary.models.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Float8;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * safetensors: {@code u64 n, n bytes of JSON, data} (github.com/huggingface/safetensors, "Format").
 * Tensors are views of the memory-mapped file.
 */
public final class Safetensors {
  private static final long LONGEST_HEADER = 100_000_000;
  private static final int HIGHEST_RANK = 64;
  static final String METADATA = "__metadata__";
  static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).build())
          .build();

  private Safetensors() {}

  /** A tensor's bytes in the data part, as the header says. */
  private record Extent(String name, String type, List<Long> shape, long from, long to) {
    /** Bytes of an element; empty for a type that is left where it is. */
    private Optional<Integer> width() {
      return DType.ofSafetensorsName(type)
          .map(DType::bytes)
          .or(() -> Float8.ofSafetensorsName(type).map(eight -> 1));
    }

    private long[] sizes() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /**
   * Reads a file. The tensors must cover the data part without a hole or an overlap, as the format
   * demands. 8-bit floats are read as float32; a tensor of another type that {@link DType} lacks is
   * left, and said so.
   *
   * @throws Failure exit 2, naming the file, if it is damaged or has no other tensor
   */
  public static NamedTensors read(Path file) {
    try {
      return read(MappedFile.open(file));
    } catch (Failure e) {
      throw e.at(String.valueOf(file.getFileName()));
    }
  }

  static boolean isSafetensors(MappedFile file) {
    return file.size() > 8
        && file.slice(0, 8).getLong() <= LONGEST_HEADER
        && file.slice(8, 1).get() == '{';
  }

  static NamedTensors read(MappedFile file) {
    long headerBytes = file.size() < 8 ? -1 : file.slice(0, 8).getLong();
    if (headerBytes < 2 || headerBytes > Math.min(LONGEST_HEADER, file.size() - 8)) {
      throw Failure.badInput(
          "header: %d bytes, expected 2 to %d in a file of %d; it is truncated or no safetensors",
          headerBytes, LONGEST_HEADER, file.size());
    }
    byte[] header = new byte[(int) headerBytes];
    file.slice(8, headerBytes).get(header);
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Extent> extents = header(header, metadata);
    requireCover(extents, file.size() - 8 - headerBytes);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<String> left = new ArrayList<>();
    for (Extent e : extents) {
      Storage bytes = Storage.over(file.slice(8 + headerBytes + e.from, e.to - e.from));
      Optional<DType> dtype = DType.ofSafetensorsName(e.type);
      Optional<Float8> eight = Float8.ofSafetensorsName(e.type);
      if (dtype.isPresent()) {
        tensors.put(e.name, Tensor.over(dtype.get(), bytes, e.sizes()));
      } else if (eight.isPresent()) {
        tensors.put(e.name, eight.get().decoded(Tensor.over(DType.UINT8, bytes, e.sizes())));
      } else {
        left.add(Quote.of(e.name) + " has the type " + Quote.of(e.type));
      }
    }
    if (tensors.isEmpty() && !left.isEmpty()) {
      throw Failure.badInput("header: %s; convert it to F32, F16 or BF16", SavedDict.few(left));
    }
    List<String> notes = left.isEmpty() ? List.of() : List.of("left out: " + SavedDict.few(left));
    return new NamedTensors("safetensors", tensors, metadata, notes);
  }

  /**
   * Writes the file whole or not at all: the header in the order of the names, the data by falling
   * width of the elements, so that each tensor is aligned. Equal tensors give equal bytes.
   *
   * @throws Failure exit 1 if the file cannot be written, exit 2 for a type the format lacks
   */
  public static void write(NamedTensors tensors, Path file) {
    try {
      AtomicFile.write(file, temporary -> SafetensorsWriter.write(tensors, temporary));
    } catch (IOException e) {
      throw new Failure(ExitCode.FAILED, "[" + file + "] cannot be written: " + e, e);
    }
  }

  private static List<Extent> header(byte[] header, Map<String, String> metadata) {
    List<Extent> extents = new ArrayList<>();
    try (JsonParser in = JSON.createParser(header)) {
      require(in, in.nextToken() == JsonToken.START_OBJECT, "an object");
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String name = in.currentName();
        require(in, in.nextToken() == JsonToken.START_OBJECT, "an object");
        if (name.equals(METADATA)) {
          metadata(in, metadata);
        } else {
          extents.add(extent(name, in));
        }
      }
      require(in, in.nextToken() == null, "the end");
      return extents;
    } catch (IOException e) {
      throw Failure.badInput("header: is no JSON: %s", Quote.of(e.getMessage() + ""));
    }
  }

  private static void metadata(JsonParser in, Map<String, String> metadata) throws IOException {
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      require(in, in.nextToken() == JsonToken.VALUE_STRING, "a string");
      metadata.put(key, in.getText());
    }
  }

  private static Extent extent(String name, JsonParser in) throws IOException {
    String dtype = "";
    List<Long> shape = List.of();
    List<Long> offsets = List.of();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      in.nextToken();
      switch (key) {
        case "dtype" -> dtype = in.getText();
        case "shape" -> shape = numbers(in);
        case "data_offsets" -> offsets = numbers(in);
        default -> require(in, false, "dtype, shape or data_offsets");
      }
    }
    require(in, offsets.size() == 2, "two data_offsets");
    Extent extent = new Extent(name, dtype, shape, offsets.get(0), offsets.get(1));
    requireSize(extent);
    return extent;
  }

  private static List<Long> numbers(JsonParser in) throws IOException {
    require(in, in.currentToken() == JsonToken.START_ARRAY, "an array");
    List<Long> numbers = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      require(in, in.currentToken() == JsonToken.VALUE_NUMBER_INT, "an integer");
      numbers.add(in.getLongValue());
      require(in, in.getLongValue() >= 0 && numbers.size() <= HIGHEST_RANK, "sizes >= 0");
    }
    return numbers;
  }

  private static void requireSize(Extent extent) {
    long bytes;
    try {
      long numel = Tensor.numel(extent.sizes());
      bytes = extent.width().map(w -> Math.multiplyExact(numel, w)).orElse(extent.to - extent.from);
    } catch (ArithmeticException e) {
      bytes = -1;
    }
    if (bytes < 0 || bytes != extent.to - extent.from) {
      throw Failure.badInput(
          "header: %s has %d bytes, expected those of %s%s; the file is damaged",
          Quote.of(extent.name), extent.to - extent.from, typeName(extent), extent.shape);
    }
  }

  private static String typeName(Extent extent) {
    return DType.ofSafetensorsName(extent.type).map(DType::name).orElse(Quote.of(extent.type));
  }

  private static void requireCover(List<Extent> extents, long dataBytes) {
    List<Extent> sorted = new ArrayList<>(extents);
    sorted.sort(Comparator.comparingLong(Extent::from).thenComparingLong(Extent::to));
    long end = 0;
    for (Extent extent : sorted) {
      if (extent.from != end) {
        throw Failure.badInput(
            "header: %s begins at %d, expected %d: tensors overlap or leave a hole",
            Quote.of(extent.name), extent.from, end);
      }
      end = extent.to;
    }
    if (end != dataBytes) {
      throw Failure.badInput(
          "its tensors have %d bytes, the file %d; it is truncated, fetch it again",
          end, dataBytes);
    }
  }

  private static void require(JsonParser in, boolean fine, String expected) throws IOException {
    if (!fine) {
      throw Failure.badInput(
          "header at byte %d: expected %s, found %s",
          in.currentTokenLocation().getByteOffset(), expected, in.currentToken());
    }
  }
}
