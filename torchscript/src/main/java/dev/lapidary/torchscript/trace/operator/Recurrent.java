package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Recurrent layers. Sequences have one length: rows and columns of patches. */
final class Recurrent {
  /** Blocks of a weight's rows. */
  private static final int LSTM_GATES = 4;

  private static final int GRU_GATES = 3;

  private Recurrent() {}

  static void addTo(Map<String, Operator> table) {
    table.put("lstm", call -> sequence(call, LSTM_GATES, call.tensors("hx"), 2));
    table.put("gru", call -> sequence(call, GRU_GATES, List.of(call.tensor("hx")), 1));
    table.put("rnn_tanh", call -> sequence(call, 1, List.of(call.tensor("hx")), 1));
    table.put("rnn_relu", call -> sequence(call, 1, List.of(call.tensor("hx")), 1));
  }

  /**
   * {@code (output, h_n)}, and of an LSTM {@code c_n}. The parameters of each layer and direction
   * are {@code weight_ih [G H, I]}, {@code weight_hh [G H, H]} and, with biases, {@code bias_ih [G
   * H]} and {@code bias_hh}.
   *
   * @param gates G
   */
  private static IValue sequence(
      Invocation call, int gates, List<TensorRef> states, int expectedStates) {
    TensorRef input = call.tensor("input");
    List<TensorRef> parameters = call.tensors("params");
    boolean drops = call.flag("train") && call.real("dropout") > 0;
    if (input.rank() != 3 || states.size() != expectedStates || drops) {
      throw ProgramRefusal.unsupported(
          "%s of a tensor of shape %s with %d states%s; sequences [batch, length, features] of"
              + " a network in eval mode are supported",
          call.name(), input.shape(), states.size(), drops ? " and dropout" : "");
    }
    long directions = call.flag("bidirectional") ? 2 : 1;
    long units = Math.multiplyExact(call.integer("num_layers"), directions);
    long width = requireParameters(call, parameters, gates, units, directions);
    int batchAxis = call.flag("batch_first") ? 0 : 1;
    SymInt batch = input.shape().get(batchAxis);
    SymInt length = input.shape().get(1 - batchAxis);
    SymInts.constant(length);
    List<SymInt> state = List.of(SymInt.of(units), batch, SymInt.of(width));
    for (TensorRef given : states) {
      if (!given.shape().equals(state)) {
        throw ProgramRefusal.wrong(
            "%s with a state of shape %s; expected %s", call.name(), given.shape(), state);
      }
    }
    SymInt features = SymInt.of(Math.multiplyExact(directions, width));
    List<List<SymInt>> shapes = new ArrayList<>();
    shapes.add(
        batchAxis == 0 ? List.of(batch, length, features) : List.of(length, batch, features));
    shapes.addAll(Collections.nCopies(states.size(), state));
    List<DType> dtypes = Collections.nCopies(shapes.size(), input.dtype());
    return IValue.TupleOf.of(List.copyOf(call.recordAll(dtypes, shapes)));
  }

  /** Gives H. A fifth parameter would be a projection. */
  private static long requireParameters(
      Invocation call, List<TensorRef> parameters, int gates, long units, long directions) {
    int each = call.flag("has_biases") ? 4 : 2;
    if (units < 1 || parameters.size() != units * each || parameters.get(1).rank() != 2) {
      throw ProgramRefusal.unsupported(
          "%s with %d parameters for %d layers and directions; %d each are supported, and no"
              + " projections",
          call.name(), parameters.size(), units, each);
    }
    long features = SymInts.constant(call.tensor("input").shape().get(2));
    long width = SymInts.constant(parameters.get(1).shape().get(1));
    for (int i = 0; i < parameters.size(); i++) {
      long columns = i % each == 1 ? width : i / each < directions ? features : directions * width;
      List<SymInt> expected =
          i % each < 2 ? SymInts.of(gates * width, columns) : SymInts.of(gates * width);
      List<SymInt> found = parameters.get(i).shape();
      call.requireTypeOf(call.tensor("input"), parameters.get(i));
      if (!parameters.get(i).isKnown() || !found.equals(expected)) {
        throw ProgramRefusal.unsupported(
            "%s with %s parameter of shape %s; a constant of %s is supported",
            call.name(), parameters.get(i).isKnown() ? "a" : "a computed", found, expected);
      }
    }
    return width;
  }
}
