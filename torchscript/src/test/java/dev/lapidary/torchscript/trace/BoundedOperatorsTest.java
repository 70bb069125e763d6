package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.trace.call.BatchLiterals;
import dev.lapidary.torchscript.trace.call.Recorder;
import dev.lapidary.torchscript.trace.call.Schemas;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.limit.TraceLimits;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Whatever numbers a program calls an operator with, it takes no more memory than the budget has:
 * each signature of the table is called with small and with enormous ones.
 */
class BoundedOperatorsTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long CONSTANT_BYTES = 1 << 20;

  /** Elements in float64 while they are computed, and lists, whose items are objects. */
  private static final long ALLOWED_BYTES = 64 * CONSTANT_BYTES;

  private static final TraceLimits LIMITS =
      new TraceLimits(
          20_000, 600, 2_000, CONSTANT_BYTES, 1 << 20, 20_000, 1 << 20, Duration.ofSeconds(2));

  private static final Map<String, String> WORDS =
      Map.of(
          "rounding_mode", "floor",
          "reduce", "sum",
          "mode", "constant",
          "equation", "ij,jk->ik",
          "interpolation", "linear",
          "indexing", "ij",
          "padding", "same",
          "ord", "fro",
          "approximate", "none",
          "norm", "ortho");

  @Test
  void noCallTakesMoreMemoryThanTheBudgetHas() {
    Set<String> computed = new TreeSet<>();
    List<String> greedy = new ArrayList<>();
    for (List<Schema> overloads : Schemas.all().values()) {
      for (Schema schema : overloads) {
        for (int rank = 1; rank <= 4; rank++) {
          for (long number : new long[] {0, 1, 3, 40_000, 1_000_000_007}) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            if (call(schema, rank, number)) {
              computed.add(schema.operator());
            }
            long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (taken > ALLOWED_BYTES) {
              greedy.add("%s of rank %d and %d: %d".formatted(schema, rank, number, taken));
            }
          }
        }
      }
    }
    assertThat(greedy).isEmpty();
    assertThat(computed).hasSizeGreaterThan(300);
  }

  /** Whether it gives a value; what a program may make it throw is a refusal. */
  private static boolean call(Schema schema, int rank, long number) {
    Budget budget = new Budget(LIMITS, Budget.deadline(LIMITS, 0), 0);
    OperatorDispatcher dispatcher =
        new OperatorDispatcher(
            OperatorTable.ALL,
            new Recorder(budget),
            budget,
            new BatchLiterals(OptionalLong.empty()));
    List<IValue> positional = new ArrayList<>();
    Map<String, IValue> keywords = new HashMap<>();
    for (Schema.Parameter parameter : schema.parameters()) {
      IValue value = value(parameter.name(), parameter.type(), rank, number);
      if (parameter.keywordOnly()) {
        keywords.put(parameter.name(), value);
      } else {
        positional.add(value);
      }
    }
    try {
      dispatcher.call(schema.operator(), positional, keywords);
      return true;
    } catch (ProgramRefusal
        | Failure
        | ArithmeticException
        | IllegalArgumentException
        | IndexOutOfBoundsException
        | ClassCastException e) {
      return false;
    }
  }

  private static IValue value(String name, String type, int rank, long number) {
    if (type.endsWith("?")) {
      boolean left = number == 1 || type.startsWith("ScalarType") || type.startsWith("Layout");
      return left
          ? IValue.None.NONE
          : value(name, type.substring(0, type.length() - 1), rank, number);
    }
    if (type.endsWith("]")) {
      String element = type.substring(0, type.lastIndexOf('['));
      String count = type.substring(type.lastIndexOf('[') + 1, type.length() - 1);
      List<IValue> items = new ArrayList<>();
      for (int i = 0; i < (count.isEmpty() ? rank : Integer.parseInt(count)); i++) {
        items.add(value(name, element, rank, i == 0 ? number : Math.min(number, 1)));
      }
      return new IValue.ListOf(items);
    }
    return switch (type) {
      case "Tensor" -> tensor(name, rank);
      case "int", "SymInt", "t" -> IValue.number(name.startsWith("dim") ? number % 2 : number);
      case "float" -> new IValue.Real((double) number);
      case "Scalar" -> IValue.number(number);
      case "bool" -> IValue.bool(number == 3);
      case "str" -> new IValue.Str(WORDS.getOrDefault(name, ""));
      case "ScalarType" -> IValue.number(6);
      case "Device" -> new IValue.Device("cpu");
      default -> IValue.number(0);
    };
  }

  /** Indices and masks where a parameter of that name takes no others. */
  private static TensorRef tensor(String name, int rank) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 4);
    return switch (name) {
      case "index", "indices" -> TensorRef.known(Tensor.zeros(DType.INT64, shape));
      case "mask", "condition" -> TensorRef.known(Tensor.zeros(DType.BOOL, shape));
      default -> TensorRef.known(Uniform.tensor(name, shape));
    };
  }
}
