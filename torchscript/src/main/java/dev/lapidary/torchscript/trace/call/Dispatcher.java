package dev.lapidary.torchscript.trace.call;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.List;
import java.util.Map;

/** What an operator may ask of the trace that it is called in. */
public interface Dispatcher {

  /**
   * Calls another operator.
   *
   * @param operator with its namespace: {@code aten::relu_}
   */
  IValue call(String operator, List<IValue> positional, Map<String, IValue> keywords);

  /** Calls an operator of aten, without keywords. */
  default IValue aten(String name, IValue... positional) {
    return call("aten::" + name, List.of(positional), Map.of());
  }

  /** A call that is bound already, by what its operator does to real tensors. */
  IValue apply(Invocation call);

  /** Runs the text that says what an operator is made of: a function with the call's arguments. */
  IValue decompose(String function, Invocation call);

  /** A value as a node of the graph takes it; a known tensor becomes a constant. */
  Argument argument(IValue value);

  /** The graph while it grows. */
  Recorder recorder();

  /** What the program may still use up. */
  Budget budget();

  /** What a recorded batch size means. */
  BatchLiterals literals();

  /** The program's own calls on quantized tensors. */
  SourceCalls sourceCalls();
}
