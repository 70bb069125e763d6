package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalInt;

/**
 * {@code torch.save} before PyTorch 1.6 ({@code _legacy_save} in {@code torch/serialization.py}):
 * five pickles (magic number, protocol 1001, system, object, keys of the storages), then for each
 * key an int64 count of elements and the elements.
 */
final class LegacySave {
  /** LONG1 of 10 bytes 0x1950a86a20f9469cfc6c, STOP. */
  private static final byte[] MAGIC = HexFormat.of().parseHex("8a0a6cfc9c46f9206aa850192e");

  private static final int PROTO = 0x80;
  private static final int FRAME = 0x95;

  private static final int LARGEST_PICKLES = 64 << 20;
  private static final PyInt PROTOCOL = new PyInt(1001);

  private final MappedFile file;
  private final ByteBuffer pickles;

  LegacySave(MappedFile file) {
    this.file = file;
    this.pickles = file.slice(0, Math.min(file.size(), LARGEST_PICKLES));
    pickles.position(magicEnd(file).orElseThrow());
  }

  /** Bytes of the first pickle: protocol 2, or 4 and 5 with a frame; empty if it is not there. */
  static OptionalInt magicEnd(MappedFile file) {
    byte[] start = new byte[(int) Math.min(2 + 9 + MAGIC.length, file.size())];
    file.slice(0, start.length).get(start);
    if (start.length < 2 + MAGIC.length || (start[0] & 0xff) != PROTO) {
      return OptionalInt.empty();
    }
    int at = (start[2] & 0xff) == FRAME ? 2 + 9 : 2;
    int end = Math.min(at + MAGIC.length, start.length);
    return at < end && Arrays.equals(start, at, end, MAGIC, 0, MAGIC.length)
        ? OptionalInt.of(end)
        : OptionalInt.empty();
  }

  SavedObject read() {
    requireProtocol(run("protocol", LegacySave::noStorage));
    requireLittleEndian(run("system", LegacySave::noStorage));
    ByteBuffer object = pickles.slice();
    Map<String, Long> claimed = new HashMap<>();
    run("object", (key, bytes) -> claim(claimed, key, bytes));
    Map<String, Storage> storages = storages(run("storage keys", LegacySave::noStorage), claimed);
    return new PickleMachine(
            object, "object", (key, bytes) -> find(storages, key), PickleDialect.PYTHON)
        .saved();
  }

  private PyValue run(String record, StorageSource source) {
    PickleMachine machine =
        new PickleMachine(pickles.slice(), record, source, PickleDialect.PYTHON);
    PyValue value = machine.run();
    pickles.position(pickles.position() + machine.end());
    return value;
  }

  /**
   * The storages lie behind the pickle, in an order that is said there. So the pickle runs twice:
   * first over the file's own beginning, to learn how long each storage is.
   */
  private Storage claim(Map<String, Long> claimed, String key, long bytes) {
    Long before = claimed.putIfAbsent(key, bytes);
    if (bytes > file.size() || (before != null && before != bytes)) {
      throw Failure.badInput(
          "storage %s: %d bytes claimed, the file has %d; it is truncated, fetch it again",
          Quote.of(key), bytes, file.size());
    }
    return Storage.over(file.slice(0, bytes));
  }

  private Map<String, Storage> storages(PyValue keys, Map<String, Long> claimed) {
    if (!(keys instanceof PyList list)) {
      throw Failure.badInput("storage keys: are no list; the file is damaged");
    }
    Map<String, Storage> storages = new HashMap<>();
    long at = pickles.position();
    for (PyValue key : list.items()) {
      Long bytes = key instanceof PyString name ? claimed.get(name.value()) : null;
      if (bytes == null || !(key instanceof PyString name) || file.size() - at - 8 < bytes) {
        throw Failure.badInput(
            "storage keys at byte %d: a storage that the object does not name or that the file has"
                + " not whole; it is truncated, fetch it again",
            at);
      }
      long count = file.slice(at, 8).getLong();
      if (count < 0 || (count == 0 ? bytes != 0 : bytes % count != 0)) {
        throw Failure.badInput(
            "storage %s at byte %d: %d elements in %d bytes; the file is damaged",
            Quote.of(name.value()), at, count, bytes);
      }
      storages.put(name.value(), Storage.over(file.slice(at + 8, bytes)));
      at += 8 + bytes;
    }
    return storages;
  }

  private static Storage find(Map<String, Storage> storages, String key) {
    Storage storage = storages.get(key);
    if (storage == null) {
      throw Failure.badInput(
          "storage %s is used but not in the file; it is truncated", Quote.of(key));
    }
    return storage;
  }

  private static Storage noStorage(String key, long bytes) {
    throw Failure.badInput("a tensor before the object; the file is no torch.save file");
  }

  private static void requireProtocol(PyValue value) {
    if (!value.equals(PROTOCOL)) {
      throw Failure.badInput("its protocol is not 1001; save it again with a current PyTorch");
    }
  }

  private static void requireLittleEndian(PyValue value) {
    if (value instanceof PyDict system
        && new PyBool(false).equals(system.items().get(new PyString("little_endian")))) {
      throw Failure.badInput("is big-endian; save the file on a little-endian machine");
    }
  }
}
