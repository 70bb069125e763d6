package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Optional;

/** What a tensor of the running program is: known, computed from the input, or a batch number. */
public sealed interface Content {
  DType dtype();

  List<SymInt> shape();

  /**
   * Elements in memory.
   *
   * @param layout type, sizes, strides and offset; its storage is the cell's before the first write
   * @param name the state_dict name, empty if it is not a whole parameter or buffer
   */
  record Known(Cell cell, Tensor layout, String name) implements Content {

    @Override
    public DType dtype() {
      return layout.dtype();
    }

    @Override
    public List<SymInt> shape() {
      return SymInts.of(layout.shape());
    }

    public long[] sizes() {
      return layout.shape();
    }

    public long[] strides() {
      return layout.strides();
    }

    public long offset() {
      return layout.offset();
    }

    /** The elements as they are now. */
    public Tensor tensor() {
      return over(cell.storage());
    }

    public Tensor over(Storage storage) {
      return storage == layout.storage()
          ? layout
          : new Tensor(dtype(), sizes(), strides(), storage, offset());
    }

    public Known view(long[] sizes, long[] strides, long offset) {
      return new Known(cell, layout.view(sizes, strides, offset), "");
    }
  }

  /**
   * A value of the graph.
   *
   * @param quantization that its numbers lie on, if the program has it as a quantized tensor
   */
  record Traced(Argument.Value value, Optional<QuantizationParameters> quantization)
      implements Content {
    @Override
    public DType dtype() {
      return value.dtype();
    }

    @Override
    public List<SymInt> shape() {
      return value.shape();
    }
  }

  /** A multiple of the batch size as an INT64 tensor of rank 0, as traced programs have it. */
  record BatchNumber(SymInt number) implements Content {
    @Override
    public DType dtype() {
      return DType.INT64;
    }

    @Override
    public List<SymInt> shape() {
      return List.of();
    }
  }
}
