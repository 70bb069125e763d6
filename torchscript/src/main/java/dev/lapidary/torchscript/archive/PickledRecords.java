package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Storage;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** A pickle in a zip, its storages in records beside it: {@code data.pkl} and {@code data/0}. */
final class PickledRecords implements StorageSource {
  private final ZipRecords records;
  private final String folder;
  private final Map<String, Storage> storages = new HashMap<>();

  private PickledRecords(ZipRecords records, String folder) {
    this.records = records;
    this.folder = folder;
  }

  static PyValue read(ZipRecords records, String pickle, String folder) {
    return machine(records, pickle, folder, PickleDialect.TORCH_SCRIPT).run();
  }

  /** What Python's {@code torch.save} put there. */
  static SavedObject readSaved(ZipRecords records, String pickle, String folder) {
    return machine(records, pickle, folder, PickleDialect.PYTHON).saved();
  }

  private static PickleMachine machine(
      ZipRecords records, String pickle, String folder, PickleDialect dialect) {
    StorageSource source = new PickledRecords(records, folder);
    return new PickleMachine(records.read(pickle), pickle, source, dialect);
  }

  @Override
  public Storage storage(String key, long bytes) {
    String record = folder + key;
    if (bytes == 0 && !records.has(record)) {
      return storages.computeIfAbsent(key, k -> Storage.over(ByteBuffer.allocate(0)));
    }
    if (records.size(record) != bytes) {
      throw Failure.badInput(
          "%s: has %d bytes, the pickle says %d; the file is damaged",
          Quote.of(record), records.size(record), bytes);
    }
    return storages.computeIfAbsent(key, k -> Storage.over(records.read(record)));
  }
}
