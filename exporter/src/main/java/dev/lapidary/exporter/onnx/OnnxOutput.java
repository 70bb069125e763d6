package dev.lapidary.exporter.onnx;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.Unfinished;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model's files while they are made: {@code m.onnx} and, if its weights are too large for one
 * file, {@code m-<checksum>.onnx.data} beside it. The checksum in the name makes the pair atomic:
 * the data comes first, under a name that no other model reads; the model appears whole, and with
 * it the pair.
 */
public final class OnnxOutput {
  /** Of weights; a message of protobuf ends at 2 GiB. */
  public static final long MAX_INLINE_BYTES = 2_000_000_000;

  private static final String EXTENSION = ".onnx.data";

  private final Path model;
  private final Path target;
  private final long maxInlineBytes;
  private Optional<Path> data = Optional.empty();
  private boolean created;

  private OnnxOutput(Path model, Path target, long maxInlineBytes) {
    this.model = model;
    this.target = target;
    this.maxInlineBytes = maxInlineBytes;
  }

  /** Makes the files, by {@link #write}. */
  @FunctionalInterface
  public interface Filler {
    void fill(OnnxOutput output) throws IOException;
  }

  /**
   * Both files or none; on any error what was there before is untouched.
   *
   * @param maxInlineBytes more weights than that go into a file of their own
   */
  public static void write(Path target, long maxInlineBytes, Filler filler) throws IOException {
    OnnxOutput[] output = new OnnxOutput[1];
    boolean moved = false;
    try {
      AtomicFile.write(
          target,
          model -> {
            // Written over later. The JVM looks its native method for writing up now, and not while
            // the runtimes are loaded in the background, when it would have to wait.
            Files.write(model, new byte[1], StandardOpenOption.WRITE);
            output[0] = new OnnxOutput(model, target, maxInlineBytes);
            filler.fill(output[0]);
          });
      moved = true;
      output[0].data.ifPresent(Unfinished::remove);
    } finally {
      if (!moved && output[0] != null) {
        output[0].removeData();
      }
    }
    output[0].removeOlder();
  }

  /** The model's file by its temporary name; its data, if there is any, has the final one. */
  public Path model() {
    return model;
  }

  /** Of both files. */
  public long size() throws IOException {
    return Files.size(model) + (data.isPresent() ? Files.size(data.get()) : 0);
  }

  /**
   * Writes the graph; a second call replaces what the first one wrote.
   *
   * @throws Failure (exit 1) if there is no room
   */
  public void write(OnnxGraph graph) throws IOException {
    removeData();
    try {
      writeFiles(graph);
    } catch (IOException e) {
      throw Failure.failed(
          "%s cannot be written: %s; nothing of it is left: make room, or choose another --out",
          target, Failure.reason(e));
    }
  }

  private void writeFiles(OnnxGraph graph) throws IOException {
    if (OnnxWriter.weightBytes(graph) <= maxInlineBytes) {
      OnnxWriter.overwrite(graph, model);
      flushMeanwhile();
      return;
    }
    Path temporary = model.resolveSibling(model.getFileName() + ".data");
    try {
      Unfinished.create(() -> Files.createFile(temporary));
      long checksum = OnnxWriter.writeData(graph, temporary);
      if (Files.size(temporary) == 0) { // small tensors stay in the model
        OnnxWriter.overwrite(graph, model);
        return;
      }
      Path file = folder().resolve("%s-%08x%s".formatted(stem(), checksum, EXTENSION));
      moveTo(temporary, file);
      OnnxWriter.write(graph, model, String.valueOf(file.getFileName()));
    } finally {
      Files.deleteIfExists(temporary);
      Unfinished.remove(temporary);
    }
  }

  /** The disk can work while the file is proven; the move at the end waits for what is left. */
  private void flushMeanwhile() {
    Thread thread =
        new Thread(
            () -> {
              try (FileChannel channel = FileChannel.open(model, StandardOpenOption.WRITE)) {
                channel.force(false);
              } catch (IOException e) {
                // The move flushes as well, and reports.
              }
            },
            "onnx-flush");
    thread.setDaemon(true);
    thread.start();
  }

  private void moveTo(Path temporary, Path file) throws IOException {
    created = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    data = Optional.of(file);
    if (created) {
      Unfinished.add(file);
      AtomicFile.write(
          file,
          to ->
              Unfinished.move(
                  () -> Files.move(temporary, to, StandardCopyOption.REPLACE_EXISTING)));
    } else if (Files.mismatch(temporary, file) >= 0) {
      throw Failure.badInput(
          "%s exists and is another file; remove it, or choose another --out", file);
    }
  }

  private Path folder() {
    return target.toAbsolutePath().resolveSibling("");
  }

  private String stem() {
    return String.valueOf(target.getFileName()).replaceFirst("\\.onnx$", "");
  }

  private void removeData() throws IOException {
    if (created && data.isPresent()) {
      Files.delete(data.get());
      Unfinished.remove(data.get());
    }
    data = Optional.empty();
    created = false;
  }

  /** The data of the model that was replaced. */
  private void removeOlder() throws IOException {
    Pattern name =
        Pattern.compile(Pattern.quote(stem()) + "-[0-9a-f]{8}" + Pattern.quote(EXTENSION));
    try (Stream<Path> files = Files.list(folder())) {
      for (Path file : files.toList()) {
        boolean ours = name.matcher(String.valueOf(file.getFileName())).matches();
        if (ours && !data.equals(Optional.of(file))) {
          Files.delete(file);
        }
      }
    }
  }
}
