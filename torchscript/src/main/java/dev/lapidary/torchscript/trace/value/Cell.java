package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.nio.ByteBuffer;

/**
 * The memory that known tensors share. The archive's own memory, and what a recorded node refers
 * to, is never written: the first write afterwards goes to a copy that all views then see.
 */
public final class Cell {
  private Storage storage;
  private boolean frozen;
  private int writes;
  private String lost = "";

  private Cell(Storage storage, boolean frozen) {
    this.storage = storage;
    this.frozen = frozen;
  }

  /** Memory of the archive. */
  public static Cell ofArchive(Storage storage) {
    return new Cell(storage, true);
  }

  /** Memory that the program has allocated. */
  static Cell ofProgram(Storage storage) {
    return new Cell(storage, false);
  }

  public Storage storage() {
    if (!lost.isEmpty()) {
      throw ProgramRefusal.unsupported("%s", lost);
    }
    return storage;
  }

  /** From now on a recorded node refers to the memory as it is. */
  public Storage freeze() {
    frozen = true;
    return storage();
  }

  public Storage writable(Budget budget) {
    Storage current = storage();
    if (frozen) {
      budget.allocate(current.size());
      Storage copy = Storage.allocate(current.size());
      ByteBuffer to = copy.bytes();
      to.put(0, current.bytes(), 0, current.size());
      storage = copy;
      frozen = false;
    }
    writes++;
    return storage;
  }

  /** How often it has been written: a parameter keeps its name while that is 0. */
  public int writes() {
    return writes;
  }

  /** Its content now depends on the input, which views of known memory cannot follow. */
  void lose(String reason) {
    lost = reason;
  }
}
