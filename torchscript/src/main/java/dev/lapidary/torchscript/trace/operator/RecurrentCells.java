package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/**
 * Recurrent cells: one step of a layer, by plain operators. So runs a program that loops itself:
 * {@code LSTMCell}, {@code GRUCell}, {@code RNNCell}.
 */
public final class RecurrentCells {

  private RecurrentCells() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("lstm_cell", RecurrentCells::lstmCell);
    table.put("gru_cell", RecurrentCells::gruCell);
    table.put("rnn_tanh_cell", call -> call.call("tanh", sum(call)));
    table.put("rnn_relu_cell", call -> call.call("relu", sum(call)));
  }

  private static IValue ofInput(Invocation call) {
    return call.call("linear", call.get("input"), call.get("w_ih"), call.get("b_ih"));
  }

  private static IValue ofState(Invocation call, IValue state) {
    return call.call("linear", state, call.get("w_hh"), call.get("b_hh"));
  }

  private static IValue sum(Invocation call) {
    return call.call("add", ofInput(call), ofState(call, call.get("hx")));
  }

  private static List<IValue> gates(Invocation call, IValue rows, int count) {
    IValue last = IValue.number(-1);
    return call.call("chunk", rows, IValue.number(count), last).toList();
  }

  private static IValue sigmoid(Invocation call, IValue a, IValue b) {
    return call.call("sigmoid", call.call("add", a, b));
  }

  /** Gates in the order input, forget, cell, output; gives h and c. */
  private static IValue lstmCell(Invocation call) {
    List<TensorRef> states = call.tensors("hx");
    if (states.size() != 2) {
      throw ProgramRefusal.wrong("%s with %d states", call.operator(), states.size());
    }
    IValue sums = call.call("add", ofInput(call), ofState(call, states.get(0)));
    List<IValue> gates = gates(call, sums, 4);
    IValue kept = call.call("mul", call.call("sigmoid", gates.get(1)), states.get(1));
    IValue taken =
        call.call("mul", call.call("sigmoid", gates.get(0)), call.call("tanh", gates.get(2)));
    IValue cell = call.call("add", kept, taken);
    IValue hidden = call.call("mul", call.call("sigmoid", gates.get(3)), call.call("tanh", cell));
    return IValue.TupleOf.of(List.of(hidden, cell));
  }

  /** Gates in the order reset, update, new: {@code h' = n + z (h - n)}. */
  private static IValue gruCell(Invocation call) {
    List<IValue> input = gates(call, ofInput(call), 3);
    List<IValue> state = gates(call, ofState(call, call.get("hx")), 3);
    IValue reset = sigmoid(call, input.get(0), state.get(0));
    IValue update = sigmoid(call, input.get(1), state.get(1));
    IValue fresh =
        call.call("tanh", call.call("add", input.get(2), call.call("mul", reset, state.get(2))));
    IValue difference = call.call("sub", call.get("hx"), fresh);
    return call.call("add", fresh, call.call("mul", update, difference));
  }
}
