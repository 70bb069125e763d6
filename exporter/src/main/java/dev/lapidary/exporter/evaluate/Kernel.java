package dev.lapidary.exporter.evaluate;

import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;
import java.util.Optional;

/** One ONNX operator on known inputs; inputs not given are empty. */
@FunctionalInterface
interface Kernel {
  List<Grid> apply(Call call);

  /** A node with its inputs. */
  record Call(OnnxNode node, List<Optional<Grid>> inputs, Allowance allowance) {
    Grid in(int index) {
      return inputs.get(index).orElseThrow();
    }

    boolean has(int index) {
      return index < inputs.size() && inputs.get(index).isPresent();
    }

    /** Why this call is not computed here; the evaluator then gives nothing. */
    Declined declined(String reason) {
      return new Declined(node.op() + ": " + reason);
    }

    /** Before as many multiply-adds as the product says. */
    void spend(long... factors) {
      if (!allowance.spends(factors)) {
        throw declined("too much work");
      }
    }

    /** Before an array of as many numbers. */
    void hold(long... factors) {
      if (!Allowance.holds(factors)) {
        throw declined("too large");
      }
    }

    void require(String attribute, String only) {
      if (!node.textOr(attribute, only).equals(only)) {
        throw declined(attribute + " other than " + only + " is not computed here");
      }
    }

    /** A list that older opsets have as an attribute and newer ones as an input. */
    long[] list(int index, String attribute, long... otherwise) {
      if (!has(index)) {
        return node.intsOr(attribute, otherwise);
      }
      double[] values = in(index).values();
      long[] list = new long[values.length];
      for (int i = 0; i < list.length; i++) {
        list[i] = (long) values[i];
      }
      return list;
    }
  }

  /** An operator that is known, in a form that is not. */
  final class Declined extends RuntimeException {
    private static final long serialVersionUID = 1;

    Declined(String reason) {
      super(reason, null, false, false);
    }
  }

  /** For operators of one output. */
  @FunctionalInterface
  interface Single {
    Grid apply(Call call);
  }
}
