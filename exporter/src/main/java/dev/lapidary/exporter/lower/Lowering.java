package dev.lapidary.exporter.lower;

import java.util.List;

/** Emits the ONNX nodes of one application of an operator. */
@FunctionalInterface
interface Lowering {

  /** Returns the names of the values that stand for the operator's outputs, in order. */
  List<String> lower(Op op);
}
