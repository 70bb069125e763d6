package dev.lapidary.torchscript.trace.call;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * A trace that was recorded where the batch size was a plain number has it as literals: {@code
 * view(x, [2, -1])}. Knowing the number, this finds the literals that must be it, by following
 * dimension 0; not knowing it, it collects what the number may be.
 */
public final class BatchLiterals {
  /** Operators whose operands must agree along dimension 0. */
  private static final Set<String> MEETINGS =
      Set.of(
          """
          cat add sub rsub mul div where masked_fill maximum minimum gather scatter grid_sampler
          """
              .split("\\s+"));

  /** Those that repeat no operand of one sample. */
  private static final Set<String> EXACT = Set.of("cat", "gather", "scatter", "grid_sampler");

  private static final String RECORDED = "the recorded batch of ";

  private final OptionalLong baked;
  private final Set<Long> candidates = new TreeSet<>();

  /**
   * @param baked the batch that the program was recorded with, empty if its batch is symbolic
   */
  public BatchLiterals(OptionalLong baked) {
    this.baked = baked;
  }

  /** Whether a program was refused since its recorded batch cannot be told from another number. */
  public static boolean isAmbiguous(Failure failure) {
    return failure.code() == ExitCode.UNSUPPORTED
        && String.valueOf(failure.getMessage()).contains(RECORDED);
  }

  /** Batch sizes under which an operator that did not fit would have. */
  public Set<Long> candidates() {
    return candidates;
  }

  /**
   * The shape that a reshape means.
   *
   * @param given as in the text; may hold one -1
   * @return {@code given} with the literal that is the batch made symbolic, or as it is
   */
  public List<SymInt> reshaped(List<SymInt> given, List<SymInt> shape) {
    SymInt elements = SymInts.product(shape);
    if (!elements.perBatch() || given.stream().anyMatch(SymInt::perBatch)) {
      return given;
    }
    int batch = position(shape);
    if (baked.isEmpty()) {
      collect(given, shape, batch);
      return given;
    }
    long[] sizes = numbers(given, elements.at(baked.getAsLong()));
    int at = landing(sizes, batch, outer(shape, batch), shape.get(batch).factor(), given);
    List<SymInt> result = new ArrayList<>(SymInts.of(sizes));
    result.set(at, new SymInt(sizes[at] / baked.getAsLong(), true));
    return result;
  }

  /**
   * The number that a literal means.
   *
   * @param means a multiple of the batch size that the shapes ask for
   * @return {@code means} if the literal is that at the recorded batch size, else as given
   */
  public SymInt product(SymInt given, SymInt means) {
    if (given.perBatch()) {
      return given;
    }
    if (baked.isEmpty() && given.factor() % means.factor() == 0) {
      candidates.add(given.factor() / means.factor());
    }
    return baked.isPresent() && given.factor() == means.at(baked.getAsLong()) ? means : given;
  }

  private static int position(List<SymInt> shape) {
    int at = 0;
    while (!shape.get(at).perBatch()) {
      at++;
    }
    return at;
  }

  private static long outer(List<SymInt> shape, int batch) {
    return Tensor.numel(Shapes.constants(shape.subList(0, batch)));
  }

  /** The sizes at the baked batch; a -1 is what is left. */
  private long[] numbers(List<SymInt> given, long elements) {
    long[] sizes = Shapes.constants(given);
    long known = Arrays.stream(sizes).filter(s -> s != -1).reduce(1, Math::multiplyExact);
    for (int d = 0; d < sizes.length; d++) {
      if (sizes[d] == -1 && known > 0) {
        sizes[d] = elements / known;
      }
    }
    if (Tensor.numel(sizes) != elements) {
      throw ProgramRefusal.wrong(
          "%d elements at the recorded batch of %d do not fill the shape %s",
          elements, baked.getAsLong(), given);
    }
    return sizes;
  }

  /**
   * Where the batch lands: behind as many elements as stand before it now.
   *
   * @param factor of the batch's dimension, which is {@code factor * N}
   */
  private int landing(long[] sizes, int batch, long outer, long factor, List<SymInt> given) {
    long number = baked.getAsLong();
    List<Integer> indices = new ArrayList<>();
    long before = 1;
    for (int d = 0; d < sizes.length && before <= outer; d++) {
      if (before == outer && sizes[d] % number == 0) {
        indices.add(d);
      }
      before *= sizes[d];
    }
    // A batch of 1 leaves no trace in the sizes before it: then the index decides.
    int at = indices.contains(batch) ? batch : indices.size() == 1 ? indices.get(0) : -1;
    boolean parted = at >= 0 && factor > 1 && sizes[at] < factor * number;
    if (at < 0 || (parted && (sizes[at] != number || factor == number))) {
      throw ProgramRefusal.unsupported(
          "which number of %s is %s%d is ambiguous; trace the network with a batch that is no other"
              + " size of it, such as 7, or script it",
          given, RECORDED, number);
    }
    return at;
  }

  private void collect(List<SymInt> given, List<SymInt> shape, int batch) {
    long known =
        given.stream().map(SymInt::factor).filter(s -> s != -1).reduce(1L, Math::multiplyExact);
    long factor = SymInts.product(shape).factor();
    boolean open = given.contains(SymInt.of(-1));
    if (!open && factor > 0 && known % factor == 0) {
      candidates.add(known / factor);
    }
    if (!open || given.size() <= batch || given.get(batch).factor() < 1) {
      return;
    }
    long literal = given.get(batch).factor();
    long inner = 1;
    for (int d = batch; d < shape.size() && inner <= literal; d++) {
      inner *= Math.max(1, shape.get(d).factor());
      if (literal % inner == 0) {
        candidates.add(literal / inner);
      }
    }
    candidates.add(literal);
  }

  /** Whether the end of a slice over the batch is the whole recorded batch. */
  public boolean isWhole(SymInt end, SymInt size) {
    return baked.isPresent()
        && size.perBatch()
        && !end.perBatch()
        && end.factor() >= size.at(baked.getAsLong());
  }

  /**
   * A constant that has the recorded batch along dimension 0 and meets a tensor that has N there is
   * the same for all samples, and then one sample stands for N, or it is refused.
   */
  public List<IValue> widened(String name, List<IValue> arguments, Dispatcher dispatcher) {
    if (!MEETINGS.contains(name)) {
      return arguments;
    }
    int rank =
        arguments.stream()
            .flatMap(IValue::flat)
            .filter(TensorRef.class::isInstance)
            .map(TensorRef.class::cast)
            .filter(t -> t.rank() > 0 && t.shape().get(0).equals(SymInt.BATCH))
            .mapToInt(TensorRef::rank)
            .max()
            .orElse(-1);
    return arguments.stream().map(a -> widened(a, rank, name, dispatcher)).toList();
  }

  private IValue widened(IValue argument, int rank, String name, Dispatcher dispatcher) {
    if (argument instanceof IValue.ListOf list) {
      return new IValue.ListOf(
          list.items().stream()
              .map(i -> i instanceof TensorRef ? widened(i, rank, name, dispatcher) : i)
              .toList());
    }
    if (!(argument instanceof TensorRef tensor) || !tensor.isKnown() || tensor.rank() != rank) {
      return argument;
    }
    long size = SymInts.constant(tensor.shape().get(0));
    if (size == 1 && !EXACT.contains(name)) {
      return argument;
    }
    if (baked.isEmpty()) {
      candidates.add(size);
      return argument;
    }
    return size == baked.getAsLong() && alike(tensor.tensor(name))
        ? repeated(tensor, dispatcher)
        : argument;
  }

  private static boolean alike(Tensor tensor) {
    double[] values = tensor.toDoubles();
    int sample = (int) (values.length / tensor.size(0));
    for (int i = sample; i < values.length; i++) {
      if (Double.compare(values[i], values[i - sample]) != 0) {
        return false;
      }
    }
    return true;
  }

  private static IValue repeated(TensorRef tensor, Dispatcher dispatcher) {
    IValue zero = IValue.number(0);
    IValue one = IValue.number(1);
    IValue first = dispatcher.aten("slice", tensor, zero, zero, one, one);
    List<SymInt> shape = Shapes.with(tensor.shape(), 0, SymInt.BATCH);
    return dispatcher.aten("expand", first, IValue.ints(shape));
  }
}
