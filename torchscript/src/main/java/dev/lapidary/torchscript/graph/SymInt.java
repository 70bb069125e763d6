package dev.lapidary.torchscript.graph;

/**
 * An integer of a traced program: a constant, or a multiple of the batch size N. Shapes and integer
 * arguments are made of them, so that one trace serves every batch size.
 *
 * @param factor the number itself, or what multiplies N
 * @param perBatch true if the number is {@code factor * N}
 */
public record SymInt(long factor, boolean perBatch) {
  public static final SymInt BATCH = new SymInt(1, true);

  public SymInt {
    if (factor == 0) {
      perBatch = false;
    }
  }

  public static SymInt of(long value) {
    return new SymInt(value, false);
  }

  /** The number at a batch size. */
  public long at(long batch) {
    return perBatch ? Math.multiplyExact(factor, batch) : factor;
  }

  /** The constant; throws {@link IllegalStateException} if it depends on the batch size. */
  public long constant() {
    if (perBatch) {
      throw new IllegalStateException(this + " depends on the batch size");
    }
    return factor;
  }

  @Override
  public String toString() {
    return perBatch ? (factor == 1 ? "N" : factor + "N") : Long.toString(factor);
  }
}
