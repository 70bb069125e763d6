package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Storage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Tensors that lie in files beside a model, {@code external_data}: mapped, not read. The files must
 * be plain ones of the model's own folder, so that a model cannot make anyone read another file.
 * Format: <a
 * href="https://github.com/onnx/onnx/blob/main/docs/ExternalData.md">ExternalData.md</a>.
 */
final class ExternalData {
  private final Path folder;
  private final SortedSet<Path> files = new TreeSet<>();

  /**
   * @param model the file that refers to others
   */
  ExternalData(Path model) {
    this.folder = model.toAbsolutePath().normalize().resolveSibling("");
  }

  static boolean isExternal(TensorProto proto) {
    return proto.getExternalDataCount() > 0
        || proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
  }

  /** The files that were referred to so far. */
  SortedSet<Path> files() {
    return files;
  }

  /**
   * @param bytes that the tensor's shape and type need
   * @param where the tensor, for messages
   */
  Storage storage(TensorProto proto, long bytes, String where) {
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : proto.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    Path file = file(entries.getOrDefault("location", ""), where);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long offset = number(entries.getOrDefault("offset", "0"), where);
      long length =
          number(entries.getOrDefault("length", Long.toString(channel.size() - offset)), where);
      if (length != bytes) {
        throw Failure.badInput(
            "%s needs %d bytes but lies in %d bytes of %s; the file is damaged",
            where, bytes, length, file.getFileName());
      }
      if (offset > channel.size() - length) {
        throw Failure.badInput(
            "%s ends at byte %d of %s, which has %d; the file is cut off",
            where, offset + length, file.getFileName(), channel.size());
      }
      if (length > Integer.MAX_VALUE) {
        throw Failure.unsupported("%s is larger than 2 GiB, which is not supported", where);
      }
      files.add(file);
      return Storage.over(channel.map(MapMode.READ_ONLY, offset, length));
    } catch (IOException e) {
      throw Failure.badInput(
          "%s lies in %s, which cannot be read: %s; keep it beside the model",
          where, file.getFileName(), Failure.reason(e));
    }
  }

  private Path file(String location, String where) {
    if (location.isEmpty() || location.contains("/") || location.contains("\\")) {
      throw Failure.badInput(
          "%s lies in '%s'; only a file in the model's own folder is read", where, location);
    }
    Path file = folder.resolve(location);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw Failure.badInput(
          "%s lies in %s, which is not there; keep it beside the model", where, location);
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || links(file) > 1) {
      throw Failure.badInput(
          "%s lies in %s, which is a link or no file; only a plain file is read", where, location);
    }
    return file;
  }

  /** Names of the file: a hard link may lead out of the folder as a symbolic one does. */
  private static int links(Path file) {
    try {
      return (Integer) Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
    } catch (UnsupportedOperationException | IllegalArgumentException | IOException e) {
      return 1; // Windows does not tell
    }
  }

  private static long number(String text, String where) {
    if (!text.matches("[0-9]{1,18}")) {
      throw Failure.badInput(
          "%s has the offset or length '%s'; expected a number of bytes", where, text);
    }
    return Long.parseLong(text);
  }
}
