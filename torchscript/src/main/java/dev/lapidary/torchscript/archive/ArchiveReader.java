package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads TorchScript archives of format versions 1 to 10, from PyTorch 1.4 on. Spec: {@code
 * torch/csrc/jit/docs/serialization.md}.
 *
 * <p>Tensors are views of the memory-mapped file, so they cost address space only, and the file
 * must not be changed in place while they are used (replacing it, as {@link
 * dev.lapidary.core.file.AtomicFile} does, is fine).
 */
public final class ArchiveReader {
  private static final int NEWEST_VERSION = 10;
  private static final int LONGEST_CODE = 8 << 20;

  private final ZipRecords records;

  private ArchiveReader(ZipRecords records) {
    this.records = records;
  }

  /**
   * The archive's content; nothing of it is run.
   *
   * @throws Failure exit 2, naming file and record, if it is anything but a sound archive
   */
  public static TorchScriptArchive read(Path file) {
    try {
      return new ArchiveReader(ZipRecords.open(MappedFile.open(file))).read();
    } catch (Failure e) {
      throw e.at(String.valueOf(file.getFileName()));
    }
  }

  private TorchScriptArchive read() {
    requireTorchScript();
    requireLittleEndian();
    int version = version();
    if (!(pickle("data") instanceof PyObject root)) {
      throw Failure.badInput("data.pkl: is no module; expected what torch.jit.save writes");
    }
    List<PyValue> constants =
        records.has("constants.pkl") && pickle("constants") instanceof PyTuple tuple
            ? tuple.items()
            : List.of();
    return new TorchScriptArchive(
        records.folder(), version, code(), root, constants, records.extra());
  }

  private void requireTorchScript() {
    if (records.has("model.json")) {
      throw Failure.badInput(
          "is an archive of PyTorch 1.0 to 1.3 (model.json); load it there and save it with"
              + " PyTorch 1.4 or later");
    }
    if (records.names().stream().anyMatch(ArchiveReader::isExportedProgram)) {
      throw Failure.badInput(
          "is a program of torch.export (.pt2); save the network by torch.jit.trace or"
              + " torch.jit.script, and torch.jit.save");
    }
    if (!records.isTorchScript()) {
      throw Failure.badInput(
          "holds no code: it is no TorchScript archive but a torch.save file; give it as weights"
              + " of an architecture (--arch NAME), or save the network by torch.jit.save");
    }
  }

  private static boolean isExportedProgram(String record) {
    return record.equals("archive_format")
        || record.equals("serialized_exported_program.json")
        || record.equals("models/model.json");
  }

  private void requireLittleEndian() {
    if (records.has("byteorder") && !text("byteorder").strip().equals("little")) {
      throw Failure.badInput(
          "byteorder: is %s, expected little; save it on a little-endian machine",
          Quote.of(text("byteorder")));
    }
  }

  private int version() {
    String record = records.has("version") ? "version" : ".data/version";
    String text = text(record).strip();
    if (!text.matches("[1-9]|10")) {
      throw Failure.badInput(
          "%s: is %s, expected 1 to %d; save the model with a PyTorch of that format",
          record, Quote.of(text), NEWEST_VERSION);
    }
    return Integer.parseInt(text);
  }

  /** {@code data} or {@code constants}: its pickle, over the records of the same name. */
  private PyValue pickle(String name) {
    return PickledRecords.read(records, name + ".pkl", name + "/");
  }

  private SortedMap<String, String> code() {
    SortedMap<String, String> code = new TreeMap<>();
    long bytes = 0;
    for (String name : records.names()) {
      if (name.startsWith("code/") && name.endsWith(".py")) {
        bytes += records.size(name);
        if (bytes > LONGEST_CODE) {
          throw Failure.badInput(
              "%s: more than %d bytes of code; no model has so much", Quote.of(name), LONGEST_CODE);
        }
        code.put(name.substring("code/".length()), text(name));
      }
    }
    return code;
  }

  private String text(String record) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(records.read(record)).toString();
    } catch (CharacterCodingException e) {
      throw Failure.badInput("%s: is not UTF-8 text; the file is damaged", Quote.of(record));
    }
  }
}
