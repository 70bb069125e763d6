package dev.lapidary.torchscript.trace;

/**
 * What an aten operator does in a trace: it evaluates known tensors, refuses, calls simpler
 * operators, or records itself with the type and shape of its output.
 */
@FunctionalInterface
interface Operator {
  Datum apply(Invocation call);
}
