package dev.lapidary.runtime.tune;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Curves that were measured before, in a folder: a file a model and machine. */
public final class CurveCache {
  private final Path folder;

  public CurveCache(Path folder) {
    this.folder = folder;
  }

  /**
   * What a curve depends on.
   *
   * @param modelSha256 of its file
   * @param device such as {@code cpu}
   * @param runtime ONNX Runtime's version
   * @param maxBatch the largest that was to be measured
   */
  public record Key(String modelSha256, String device, String runtime, int maxBatch) {
    private String fileName() {
      String machine = processor() + "\n" + Runtime.getRuntime().availableProcessors();
      return modelSha256.substring(0, 16)
          + "-"
          + Sha256.of(String.join("\n", machine, device, runtime, Integer.toString(maxBatch)))
              .substring(0, 16)
          + ".curves";
    }
  }

  /** Linux alone tells the model's name in a file. */
  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  /** Empty if there are none, or what is there cannot be read: then they are measured anew. */
  public List<LatencyCurve> read(Key key) {
    Path file = folder.resolve(key.fileName());
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      return parse(Files.readAllLines(file, UTF_8));
    } catch (IOException | RuntimeException e) {
      return List.of();
    }
  }

  private record Run(int executors, int threads) {}

  /** A line a time: executors, threads, images, nanoseconds. */
  private static List<LatencyCurve> parse(List<String> lines) {
    Map<Run, TreeMap<Integer, Long>> times = new LinkedHashMap<>();
    for (String line : lines) {
      String[] words = line.split(" ", 4);
      times
          .computeIfAbsent(
              new Run(Integer.parseInt(words[0]), Integer.parseInt(words[1])),
              first -> new TreeMap<>())
          .put(Integer.parseInt(words[2]), Long.parseLong(words[3]));
    }
    List<LatencyCurve> curves = new ArrayList<>();
    times.forEach((run, nanos) -> curves.add(new LatencyCurve(run.executors, run.threads, nanos)));
    return curves;
  }

  /** Keeps them for the next start. */
  public void write(Key key, List<LatencyCurve> curves) throws IOException {
    StringBuilder text = new StringBuilder();
    for (LatencyCurve curve : curves) {
      String run = curve.executors() + " " + curve.threads() + " ";
      curve.nanosBySize().forEach((size, nanos) -> text.append(run + size + " " + nanos + "\n"));
    }
    Files.createDirectories(folder);
    AtomicFile.write(folder.resolve(key.fileName()), file -> Files.writeString(file, text, UTF_8));
  }
}
