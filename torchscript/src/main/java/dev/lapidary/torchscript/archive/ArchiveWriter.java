package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes TorchScript archives that {@code torch.jit.load} of any PyTorch with the archive's format
 * version loads. Spec: {@code torch/csrc/jit/docs/serialization.md}. Equal archives give equal
 * bytes.
 */
public final class ArchiveWriter {
  private ArchiveWriter() {}

  /**
   * Writes the file whole or not at all. Tensors go from their storages to the file without a copy
   * on the heap; the file may be the one that they were read from.
   *
   * @throws Failure exit 1 if the file cannot be written
   */
  public static void write(TorchScriptArchive archive, Path file) {
    try {
      AtomicFile.write(file, temporary -> overwrite(archive, temporary));
    } catch (IOException e) {
      throw new Failure(ExitCode.FAILED, "[" + file + "] cannot be written: " + e.getMessage(), e);
    }
  }

  /** Writes over a file that is there, by its temporary name: the caller moves it into place. */
  public static void overwrite(TorchScriptArchive archive, Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      ZipRecordWriter zip = new ZipRecordWriter(channel, archive.name());
      pickle(zip, "data", archive.root());
      zip.add("byteorder", text("little"));
      for (var source : archive.code().entrySet()) {
        zip.add("code/" + source.getKey(), text(source.getValue()));
      }
      pickle(zip, "constants", new PyTuple(archive.constants()));
      zip.add("version", text(archive.version() + "\n"));
      for (var extra : archive.extra().entrySet()) {
        zip.add("extra/" + extra.getKey(), ByteBuffer.wrap(extra.getValue()));
      }
      zip.finish();
    }
  }

  private static void pickle(ZipRecordWriter zip, String name, PyValue value) throws IOException {
    StorageLayout layout = StorageLayout.of(value);
    layout.writeTo((key, bytes) -> zip.add(name + "/" + key, bytes));
    zip.add(name + ".pkl", PickleWriter.write(value, layout));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
