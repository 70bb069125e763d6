package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchSaveReader;
import dev.lapidary.torchscript.archive.ZipRecords;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The tensors of one folder of a program, {@code data/weights/} or {@code data/constants/}: raw
 * records with a list of what lies in them, or (before PyTorch 2.9) one {@code torch.save} record.
 */
final class StoredTensors {
  private static final long OVERLAPPED_BYTES = 16 << 20;

  private final ZipRecords records;
  private final String folder;
  private final Map<String, Storage> storages = new HashMap<>();
  private final Map<String, PyTensor> tensors = new LinkedHashMap<>();
  private long overlapped;

  private StoredTensors(ZipRecords records, String folder) {
    this.records = records;
    this.folder = folder;
  }

  /**
   * @param kind {@code weights} or {@code constants}
   * @return tensors by name, views of the file
   */
  static Map<String, PyTensor> read(ZipRecords records, String model, String kind) {
    String folder = "data/" + kind + "/";
    String config = folder + model + "_" + kind + "_config.json";
    if (records.has(config)) {
      StoredTensors stored = new StoredTensors(records, folder);
      return JsonCursor.read(config, records.read(config), stored::read);
    }
    String pickled = folder + model + ".pt";
    return records.has(pickled) ? pickled(pickled, records.read(pickled)) : Map.of();
  }

  /** A {@code torch.save} file of a dict; the pickle machine runs nothing. */
  static Map<String, PyTensor> pickled(String record, ByteBuffer bytes) {
    try {
      return bytes.hasRemaining()
          ? tensors(TorchSaveReader.readZip(MappedFile.over(bytes)).value())
          : Map.of();
    } catch (Failure e) {
      throw e.at(record);
    }
  }

  private static Map<String, PyTensor> tensors(PyValue value) {
    if (!(value instanceof PyDict dict)) {
      throw Failure.badInput("is no dict of tensors; the file is damaged");
    }
    Map<String, PyTensor> tensors = new LinkedHashMap<>();
    dict.items()
        .forEach(
            (key, item) -> {
              if (!(key instanceof PyString name && item instanceof PyTensor tensor)) {
                throw Failure.unsupported(
                    "holds something that is no tensor; export the network without custom objects");
              }
              tensors.put(name.value(), tensor);
            });
    return tensors;
  }

  private Map<String, PyTensor> read(JsonCursor json) {
    json.object(
        field -> {
          if (field.equals("config")) {
            json.object(name -> tensors.put(name, entry(json, name)));
          }
        });
    return tensors;
  }

  private static final class Fields {
    private String record = "";
    private boolean pickled;
    private Optional<TensorMeta> meta = Optional.empty();
  }

  private PyTensor entry(JsonCursor json, String name) {
    Fields fields = new Fields();
    json.object(
        field -> {
          switch (field) {
            case "path_name" -> fields.record = json.string();
            case "use_pickle" -> fields.pickled = json.bool();
            case "tensor_meta" ->
                fields.meta = json.isNull() ? Optional.empty() : Optional.of(TensorMeta.read(json));
          }
        });
    if (fields.record.startsWith("custom_obj_") || fields.record.startsWith("opaque_obj_")) {
      throw Failure.unsupported(
          "%s%s: is a custom object, whose class is code; export the network without it",
          folder, Quote.of(fields.record));
    }
    if (fields.pickled) {
      throw Failure.unsupported(
          "%s%s: %s is pickled (use_pickle): a tensor of a class of its own; make it a plain tensor"
              + " before the export",
          folder, Quote.of(fields.record), Quote.of(name));
    }
    TensorMeta meta =
        fields.meta.orElseThrow(() -> json.refuse(Quote.of(name) + " has no tensor_meta"));
    return new PyTensor(tensor(name, fields.record, meta), meta.requiresGrad());
  }

  private Tensor tensor(String name, String record, TensorMeta meta) {
    DType dtype = ExportEnums.dtype(meta.dtype());
    try {
      Tensor tensor =
          new Tensor(
              dtype,
              meta.sizes().stream().mapToLong(Long::longValue).toArray(),
              meta.strides().stream().mapToLong(Long::longValue).toArray(),
              storages.computeIfAbsent(record, this::storage),
              meta.offset());
      long bytes = Math.multiplyExact(tensor.numel(), dtype.bytes());
      overlapped = Math.addExact(overlapped, Math.max(0, bytes - tensor.storage().size()));
      if (overlapped > OVERLAPPED_BYTES) {
        throw Failure.badInput(
            "%s: overlapping elements expand to more than %d bytes",
            Quote.of(name), OVERLAPPED_BYTES);
      }
      return tensor;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw Failure.badInput(
          "%s: %s; the file is damaged", Quote.of(name), String.valueOf(e.getMessage()));
    }
  }

  private Storage storage(String record) {
    return Storage.over(records.read(folder + record));
  }
}
