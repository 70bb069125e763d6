package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Dim;
import dev.lapidary.models.tensor.DType;
import java.util.List;
import java.util.Map;

/** {@code aten::lstm} of sequences of one length: rows and columns of patches. */
final class RecurrentOperators {
  private RecurrentOperators() {}

  static void addTo(Map<String, Operator> table) {
    table.put("lstm", RecurrentOperators::lstm);
  }

  /**
   * {@code (output, h_n, c_n)}. The parameters of each layer and direction are {@code weight_ih
   * [4H,I]}, {@code weight_hh [4H,H]} and, with biases, {@code bias_ih [4H]} and {@code bias_hh}.
   */
  private static Datum lstm(Invocation call) {
    TensorRef input = call.tensor("input");
    List<TensorRef> states = call.tensors("hx");
    List<TensorRef> parameters = call.tensors("params");
    boolean drops = call.flag("train") && call.real("dropout") > 0;
    if (input.rank() != 3 || states.size() != 2 || drops) {
      throw Refusal.unsupported(
          "lstm of a tensor of shape %s with %d states%s; sequences [batch, length, features] of"
              + " a network in eval mode are supported",
          input.shape(), states.size(), drops ? " and dropout" : "");
    }
    long directions = call.flag("bidirectional") ? 2 : 1;
    long units = Math.multiplyExact(call.integer("num_layers"), directions);
    long width = requireParameters(call, parameters, units, directions);
    int batchAxis = call.flag("batch_first") ? 0 : 1;
    Dim batch = input.shape().get(batchAxis);
    Dim length = input.shape().get(1 - batchAxis);
    Invocation.constant(length);
    List<Dim> state = List.of(Dim.of(units), batch, Dim.of(width));
    for (TensorRef given : states) {
      if (!given.shape().equals(state)) {
        throw Refusal.wrong("lstm with a state of shape %s; expected %s", given.shape(), state);
      }
    }
    Dim features = Dim.of(Math.multiplyExact(directions, width));
    List<Dim> output =
        batchAxis == 0 ? List.of(batch, length, features) : List.of(length, batch, features);
    DType dtype = input.dtype();
    return Datum.TupleOf.of(
        List.copyOf(call.recordAll(List.of(dtype, dtype, dtype), List.of(output, state, state))));
  }

  /** Gives H. A fifth parameter would be a projection. */
  private static long requireParameters(
      Invocation call, List<TensorRef> parameters, long units, long directions) {
    int each = call.flag("has_biases") ? 4 : 2;
    if (units < 1 || parameters.size() != units * each || parameters.get(1).rank() != 2) {
      throw Refusal.unsupported(
          "lstm with %d parameters for %d layers and directions; %d each are supported, and no"
              + " projections",
          parameters.size(), units, each);
    }
    long features = Invocation.constant(call.tensor("input").shape().get(2));
    long width = Invocation.constant(parameters.get(1).shape().get(1));
    for (int i = 0; i < parameters.size(); i++) {
      long columns = i % each == 1 ? width : i / each < directions ? features : directions * width;
      List<Dim> expected = i % each < 2 ? Dims.of(4 * width, columns) : Dims.of(4 * width);
      List<Dim> found = parameters.get(i).shape();
      call.requireTypeOf(call.tensor("input"), parameters.get(i));
      if (!parameters.get(i).isKnown() || !found.equals(expected)) {
        throw Refusal.unsupported(
            "lstm with %s parameter of shape %s; a constant of %s is supported",
            parameters.get(i).isKnown() ? "a" : "a computed", found, expected);
      }
    }
    return width;
  }
}
