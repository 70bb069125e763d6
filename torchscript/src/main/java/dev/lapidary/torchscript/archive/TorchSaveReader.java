package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.MappedFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads what Python's {@code torch.save} writes, in the zip format (PyTorch 1.6 on) and the one
 * before: {@code torch/serialization.py}. The same pickle machine as for archives, so no code runs.
 */
public final class TorchSaveReader {
  private TorchSaveReader() {}

  /** Whether the file is of the format before 1.6: it starts with a pickled magic number. */
  public static boolean isLegacy(MappedFile file) {
    return LegacySave.magicEnd(file).isPresent();
  }

  /** The saved object of a zip file: usually a dict of tensors, or of such dicts. */
  public static SavedObject readZip(MappedFile file) {
    ZipRecords records = ZipRecords.open(file);
    if (records.has("byteorder") && !isLittle(records.read("byteorder"))) {
      throw Failure.badInput("byteorder: is big; save the file on a little-endian machine");
    }
    return PickledRecords.readSaved(records, "data.pkl", "data/");
  }

  /** Whether a zip is a TorchScript archive, whose reader is {@link ArchiveReader}. */
  public static boolean isTorchScript(MappedFile file) {
    return ZipRecords.open(file).isTorchScript();
  }

  /** The saved object of a file from before the zip format. */
  public static SavedObject readLegacy(MappedFile file) {
    return new LegacySave(file).read();
  }

  private static boolean isLittle(ByteBuffer text) {
    return StandardCharsets.UTF_8.decode(text).toString().strip().equals("little");
  }
}
