package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.archive.ZipRecords;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The records of a {@code .pt2}: {@code torch/export/pt2_archive/}, and the flat zip that {@code
 * torch.export.save} wrote before PyTorch 2.8.
 */
final class ExportedFile {
  /** The program in a zip without folders, as PyTorch up to 2.7 wrote it. */
  static final String FLAT = "serialized_exported_program.json";

  private static final String MODELS = "models/";
  private static final String JSON = ".json";

  private final ZipRecords records;

  ExportedFile(ZipRecords records) {
    this.records = records;
  }

  static boolean is(ZipRecords records) {
    return records.has("archive_format")
        || records.has(FLAT)
        || records.names().stream()
            .anyMatch(name -> name.startsWith(MODELS) || name.startsWith("data/aotinductor/"));
  }

  NetworkFile read(String name) {
    requireFormat();
    ExportedProgram program = records.has(FLAT) ? flat() : foldered();
    TorchScriptArchive archive = ProgramPrinter.print(program, name, records.extra());
    NetworkFile.Origin origin =
        new NetworkFile.Origin(
            program.version(), program.input().shape(), DecomposedQuantization.is(program));
    return new NetworkFile(archive, Optional.of(origin));
  }

  private ExportedProgram foldered() {
    String model = model();
    Map<String, PyTensor> weights = StoredTensors.read(records, model, "weights");
    Map<String, PyTensor> constants = StoredTensors.read(records, model, "constants");
    return program(MODELS + model + JSON, weights, constants);
  }

  private ExportedProgram flat() {
    return program(FLAT, pickled("serialized_state_dict.pt"), pickled("serialized_constants.pt"));
  }

  private Map<String, PyTensor> pickled(String record) {
    return records.has(record) ? StoredTensors.pickled(record, records.read(record)) : Map.of();
  }

  private ExportedProgram program(
      String record, Map<String, PyTensor> weights, Map<String, PyTensor> constants) {
    return Assembly.of(ModelJson.read(record, records.read(record)), weights, constants);
  }

  private void requireFormat() {
    if (records.has("archive_format") && !text("archive_format").equals("pt2")) {
      throw Failure.badInput(
          "archive_format: is %s, expected pt2; save the program by torch.export.save",
          Quote.of(text("archive_format")));
    }
    if (records.has("byteorder") && !text("byteorder").equals("little")) {
      throw Failure.badInput(
          "byteorder: is %s, expected little; save it on a little-endian machine",
          Quote.of(text("byteorder")));
    }
  }

  /** The name of the one program in the file. */
  private String model() {
    List<String> models =
        records.names().stream()
            .filter(name -> name.startsWith(MODELS) && name.endsWith(JSON))
            .map(name -> name.substring(MODELS.length(), name.length() - JSON.length()))
            .toList();
    if (models.size() == 1) {
      return models.get(0);
    }
    if (!models.isEmpty()) {
      throw Failure.unsupported(
          "holds %d programs, such as %s and %s, expected one; save each by torch.export.save",
          models.size(), Quote.of(models.get(0)), Quote.of(models.get(1)));
    }
    if (records.names().stream().anyMatch(name -> name.startsWith("data/aotinductor/"))) {
      throw Failure.unsupported(
          "is a package of AOTInductor, machine code without a graph; give what torch.export.save"
              + " writes of the same network");
    }
    throw Failure.badInput("has no record models/NAME.json; save the program by torch.export.save");
  }

  private String text(String record) {
    ByteBuffer bytes = records.read(record);
    int shown = Math.min(bytes.remaining(), 100);
    return StandardCharsets.ISO_8859_1.decode(bytes.slice(0, shown)).toString().strip();
  }
}
