package dev.lapidary.trainer.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Scan} has seen of a folder's files, kept in the user's cache so that the next
 * command looks only at what has changed. A file counts as unchanged while its size, its inode and
 * its times of change are the same; the system moves the latter at each write, whatever tools make
 * of the time of modification. Where a file system has none, and for few images, nothing is kept.
 */
final class ScanCache {
  private static final int WORTH_IMAGES = 256;

  /** A file that is this young may be written again without a later time. */
  private static final Duration YOUNG = Duration.ofSeconds(2);

  private static final String ATTRIBUTES = "unix:size,ino,lastModifiedTime,ctime";

  private final Optional<Path> file;
  private final Path root;
  private final Map<String, String> before;
  private final Map<String, String> now = new ConcurrentHashMap<>();

  private ScanCache(Optional<Path> file, Path root, Map<String, String> before) {
    this.file = file;
    this.root = root;
    this.before = before;
  }

  /** What is known of a dataset's files. */
  static ScanCache of(Dataset data) {
    return of(data, WeightsCache.userFolder().resolve("scans"));
  }

  static ScanCache of(Dataset data, Path folder) {
    if (data.size() < WORTH_IMAGES || !(data.pictures() instanceof FilePictures pictures)) {
      return new ScanCache(Optional.empty(), Path.of(""), Map.of());
    }
    // A newer decoder may see otherwise.
    String identity =
        String.join(
            "\n",
            CommandTree.versionNumber(),
            pictures.limits().toString(),
            pictures.root().toAbsolutePath().normalize().toString());
    Path file = folder.resolve(Sha256.of(identity.getBytes(UTF_8)) + ".tsv");
    Map<String, String> lines = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(file)) {
        int tab = line.indexOf('\t');
        if (tab > 0) {
          lines.put(line.substring(0, tab), line.substring(tab + 1));
        }
      }
    } catch (IOException | UncheckedIOException e) {
      lines.clear(); // none yet, or a damaged one: all is looked at
    }
    return new ScanCache(Optional.of(file), pictures.root(), lines);
  }

  /** What a scan before found in the file that is there now. */
  Optional<Scan.Seen> known(Sample sample) {
    String line = before.get(sample.name());
    if (line == null) {
      return Optional.empty();
    }
    String[] parts = line.split("\t");
    if (parts.length != 4
        || !parts[1].matches("[0-9a-f]{64}")
        || !(parts[2] + parts[3]).matches("[0-9]{2,10}")
        || !stamp(sample, Instant.MAX).equals(Optional.of(parts[0]))) {
      return Optional.empty();
    }
    now.put(sample.name(), line);
    Scan.Size size = new Scan.Size(Integer.parseInt(parts[2]), Integer.parseInt(parts[3]));
    return Optional.of(new Scan.Seen(sample, parts[1], size, Optional.empty()));
  }

  /**
   * The file's stamp, to be taken before it is read; empty where it is not to be kept.
   *
   * @param until after this time it is too young
   */
  private Optional<String> stamp(Sample sample, Instant until) {
    if (file.isEmpty() || sample.name().matches("(?s).*[\t\n\r].*")) {
      return Optional.empty();
    }
    try {
      Map<String, Object> found = Files.readAttributes(root.resolve(sample.name()), ATTRIBUTES);
      Instant modified = time(found.get("lastModifiedTime"));
      Instant changed = time(found.get("ctime"));
      if (modified.isAfter(until) || changed.isAfter(until)) {
        return Optional.empty();
      }
      return Optional.of(
          String.join(
              " ",
              String.valueOf(found.get("size")),
              String.valueOf(found.get("ino")),
              modified.toString(),
              changed.toString()));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Instant time(@Nullable Object attribute) {
    return attribute instanceof FileTime time ? time.toInstant() : Instant.MAX;
  }

  /** The stamp of a file that is about to be read. */
  Optional<String> stamp(Sample sample) {
    return stamp(sample, Instant.now().minus(YOUNG));
  }

  /** A good image, whose file had this stamp before it was read. */
  void keep(String stamp, Scan.Seen seen) {
    String width = String.valueOf(seen.size().width());
    String height = String.valueOf(seen.size().height());
    now.put(seen.sample().name(), String.join("\t", stamp, seen.sha256(), width, height));
  }

  /** Writes what is known now, if that is more or other than before. */
  void close() {
    if (file.isEmpty() || before.entrySet().containsAll(now.entrySet())) {
      return;
    }
    Map<String, String> all = new TreeMap<>(before);
    all.putAll(now);
    StringBuilder text = new StringBuilder();
    all.forEach((name, line) -> text.append(name).append('\t').append(line).append('\n'));
    Path target = file.get();
    try {
      AtomicFile.write(target, temporary -> Files.writeString(temporary, text));
    } catch (IOException | UncheckedIOException e) {
      return; // a full disk, or a folder that is not to be written: the next scan looks again
    }
  }
}
