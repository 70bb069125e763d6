package dev.lapidary.torchscript.archive;

import dev.lapidary.core.tensor.Storage;

/** Where a pickle's storages come from: one object a key, so that sharing survives. */
@FunctionalInterface
interface StorageSource {
  /**
   * The storage of a key.
   *
   * @param bytes that the pickle claims; another size is refused
   */
  Storage storage(String key, long bytes);
}
