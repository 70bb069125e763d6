package dev.lapidary.torchscript.trace.call;

import dev.lapidary.torchscript.trace.value.IValue;

/**
 * What an aten operator does in a trace: it evaluates known tensors, refuses, calls simpler
 * operators, or records itself with the type and shape of its output.
 */
@FunctionalInterface
public interface Operator {
  IValue apply(Invocation call);
}
