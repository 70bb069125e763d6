package dev.lapidary.torchscript.trace.value;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of the running program: an identity whose content an in-place operator replaces. Views
 * of known tensors share a {@link Cell}; a view of a traced tensor remembers its base, and is made
 * again from it when the base has changed since.
 */
public final class TensorRef implements IValue {
  private Content content;
  private @Nullable View view;
  private int version;
  private String lost = "";

  /**
   * How a traced tensor looks into another one.
   *
   * @param make the view of a base
   * @param inverse the base with this in the view's place, empty if no operator makes it
   * @param certain false where PyTorch decides by strides whether it is a view or a copy
   */
  record View(
      TensorRef base,
      int baseVersion,
      UnaryOperator<TensorRef> make,
      Optional<UnaryOperator<TensorRef>> inverse,
      boolean certain) {}

  public TensorRef(Content content) {
    this.content = content;
  }

  public static TensorRef traced(Argument.Value value) {
    return new TensorRef(new Content.Traced(value, Optional.empty()));
  }

  /** A tensor of the program's own memory. */
  public static TensorRef known(Tensor tensor) {
    return new TensorRef(new Content.Known(Cell.ofProgram(tensor.storage()), tensor, ""));
  }

  /** A parameter or buffer of the archive by its state_dict name. */
  public static TensorRef ofArchive(Tensor tensor, String name) {
    return new TensorRef(new Content.Known(Cell.ofArchive(tensor.storage()), tensor, name));
  }

  /** A traced tensor that looks into another one. */
  public static TensorRef viewOf(
      TensorRef base,
      Content content,
      UnaryOperator<TensorRef> make,
      Optional<UnaryOperator<TensorRef>> inverse,
      boolean certain) {
    TensorRef ref = new TensorRef(content);
    ref.view = new View(base, base.version, make, inverse, certain);
    return ref;
  }

  /** Says that what an operator has just given is quantized. */
  public TensorRef quantizedBy(QuantizationParameters quantization) {
    if (content instanceof Content.Traced traced) {
      content = new Content.Traced(traced.value(), Optional.of(quantization));
    }
    return this;
  }

  @Override
  public Optional<QuantizationParameters> quantization() {
    return content() instanceof Content.Traced traced ? traced.quantization() : Optional.empty();
  }

  public QuantizationParameters requireQuantization() {
    return quantization()
        .orElseThrow(
            () -> ProgramRefusal.wrong("a quantized operator on a tensor that is not quantized"));
  }

  public Content content() {
    refresh();
    return content;
  }

  public DType dtype() {
    return content.dtype();
  }

  public List<SymInt> shape() {
    return content.shape();
  }

  public int rank() {
    return shape().size();
  }

  public boolean isKnown() {
    return content instanceof Content.Known;
  }

  /** How many elements are known; 0 of a tensor that depends on the input. */
  public long knownElements() {
    return content instanceof Content.Known known ? known.layout().numel() : 0;
  }

  /** The known tensor; a refusal, with what it is needed for, if it depends on the input. */
  public Tensor tensor(String purpose) {
    if (content() instanceof Content.Known known) {
      return known.tensor();
    }
    throw ProgramRefusal.unsupported("%s depends on the input's data", purpose);
  }

  /** An in-place operator gave this tensor, and with it all that share its memory, a new value. */
  public void replace(Content next, String operator) {
    String reason = operator + " wrote into a part of a tensor that is read as a whole later on";
    if (content instanceof Content.Known known && !(next instanceof Content.Known)) {
      known.cell().lose(reason);
    }
    content = next;
    version++;
    View looked = view;
    if (looked == null) {
      return;
    }
    TensorRef base = looked.base();
    if (looked.certain() && looked.inverse().isPresent()) {
      base.replace(looked.inverse().get().apply(new TensorRef(next)).content(), operator);
    } else {
      base.lose(reason, looked.certain());
    }
    view = new View(base, base.version, looked.make(), looked.inverse(), looked.certain());
  }

  /** A write that no operator brings back reaches this tensor and what it surely looks into. */
  private void lose(String reason, boolean surely) {
    lost = reason;
    version++;
    View looked = view;
    if (surely && looked != null) {
      looked.base().lose(reason, looked.certain());
    }
  }

  private void refresh() {
    if (!lost.isEmpty()) {
      throw ProgramRefusal.unsupported("%s", lost);
    }
    View looked = view;
    if (looked == null) {
      return;
    }
    if (looked.base().lost.isEmpty()) {
      looked.base().refresh();
    }
    if (looked.base().version == looked.baseVersion()) {
      return;
    }
    if (!looked.certain()) {
      throw ProgramRefusal.unsupported(
          "a tensor that may or may not share memory with this one was written in place");
    }
    content = looked.make().apply(looked.base()).content();
    version++;
    view = new View(looked.base(), looked.base().version, looked.make(), looked.inverse(), true);
  }
}
