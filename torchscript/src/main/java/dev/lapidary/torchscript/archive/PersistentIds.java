package dev.lapidary.torchscript.archive;

import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.archive.PyValue.PyGlobal;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyRawStorage;
import dev.lapidary.torchscript.archive.PyValue.PyStorage;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a pickle refers to beside itself: storages. */
final class PersistentIds {
  /**
   * Bytes of an element of storages whose elements are of no type here ({@code torch/storage.py}).
   */
  private static final Map<String, Integer> RAW_WIDTHS =
      Map.of(
          "UntypedStorage", 1,
          "QUInt4x2Storage", 1,
          "QUInt2x4Storage", 1,
          "ComplexFloatStorage", 8,
          "ComplexDoubleStorage", 16);

  private final PickleLexer lexer;
  private final StorageSource storages;

  PersistentIds(PickleLexer lexer, StorageSource storages) {
    this.lexer = lexer;
    this.storages = storages;
  }

  /** {@code ('storage', type, key, location, numel[, view])}, or a class with its source text. */
  PyValue storage(PyValue id) {
    if (lexer.isPython()
        && id instanceof PyTuple module
        && module.items().size() == 4
        && module.items().get(0).equals(new PyString("module"))) {
      return module.items().get(1);
    }
    if (!(id instanceof PyTuple tuple)
        || tuple.items().size() < 5
        || tuple.items().size() > 6
        || !tuple.items().get(0).equals(new PyString("storage"))
        || !(tuple.items().get(1) instanceof PyGlobal type)
        || !(tuple.items().get(4) instanceof PyInt numel)) {
      throw lexer.refuse(
          "a persistent id that is not ('storage', type, key, location, numel): the pickle is"
              + " malformed");
    }
    Optional<DType> dtype = DType.ofStorageName(type.name());
    int width =
        dtype
            .map(DType::bytes)
            .orElseGet(() -> lexer.isPython() ? RAW_WIDTHS.getOrDefault(type.name(), 0) : 0);
    if (width == 0) {
      if (lexer.isPython()) {
        return new PyOpaque(type.fullName());
      }
      throw lexer.refuse("%s is no storage type", Quote.of(type.fullName()));
    }
    if (numel.value() < 0 || numel.value() > Long.MAX_VALUE / width) {
      throw lexer.refuse("a storage of %d elements", numel.value());
    }
    String key = PyTree.string(tuple.items().get(2), lexer);
    Storage whole = storages.storage(key, numel.value() * width);
    Storage storage =
        tuple.items().size() == 6 && tuple.items().get(5) instanceof PyTuple view
            ? part(whole, width, view.items())
            : whole;
    return dtype.isPresent()
        ? new PyStorage(dtype.get(), storage)
        : new PyRawStorage(type.name(), storage);
  }

  /** {@code (key, offset, numel)}: before PyTorch 0.4 a storage could be a part of another. */
  private Storage part(Storage whole, int width, List<PyValue> view) {
    if (view.size() == 3
        && view.get(1) instanceof PyInt offset
        && view.get(2) instanceof PyInt numel
        && offset.value() >= 0
        && numel.value() >= 0
        && numel.value() <= whole.size() / width
        && offset.value() <= whole.size() / width - numel.value()) {
      int from = (int) (offset.value() * width);
      return Storage.over(whole.bytes().slice(from, (int) (numel.value() * width)));
    }
    throw lexer.refuse("a view of a storage that lies outside of it; the file is damaged");
  }
}
