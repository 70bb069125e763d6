package dev.lapidary.torchscript.archive;

/** Whose pickle it is, and so what it may hold. */
enum PickleDialect {
  /** libtorch's: what {@code torch/csrc/jit/serialization/unpickler.cpp} reads, and no more. */
  TORCH_SCRIPT,

  /**
   * Python's, of {@code torch.save}: anything may lie beside the tensors. What is no tensor data is
   * carried by its name as a {@link PyValue.PyOpaque}; it is never made, and stops nothing else.
   */
  PYTHON
}
