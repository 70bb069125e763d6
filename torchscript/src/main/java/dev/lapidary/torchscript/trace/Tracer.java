package dev.lapidary.torchscript.trace;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.trace.call.BatchLiterals;
import dev.lapidary.torchscript.trace.call.Recorder;
import dev.lapidary.torchscript.trace.interpreter.Interpreter;
import dev.lapidary.torchscript.trace.interpreter.Names;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Runs an archive's {@code forward} on a symbol for the input, and gives what it did as a graph:
 * whatever does not depend on the input (numbers, lists, control flow, constant tensors and writes
 * into them) is evaluated, every other operator recorded with the type and shape of its result.
 *
 * <p>The batch size is a symbol too: shapes hold for every N. What cannot be said for all N, and a
 * branch on the input's data, is a {@link Failure} with exit code 4 that names the place.
 */
public final class Tracer {
  private static final int MAX_CANDIDATES = 8;

  private Tracer() {}

  /**
   * The operators that a program may call, {@code aten::add} first; in-place forms are included.
   */
  public static SortedSet<String> operators() {
    return new TreeSet<>(OperatorTable.ALL.names());
  }

  /**
   * The file that says what an operator does in a trace, from the root of the project.
   *
   * @param operator with its namespace, as {@link #operators} has it
   */
  public static Optional<String> source(String operator) {
    return OperatorTable.ALL.source(operator);
  }

  /** The graph from one input, FLOAT32 {@code [N, channels, height, width]}, to the logits. */
  public static Graph trace(TorchScriptArchive archive, TraceOptions options) {
    BatchLiterals symbolic = new BatchLiterals(OptionalLong.empty());
    long deadline = Budget.deadline(options.limits(), archive.tensorBytes());
    try {
      return run(archive, options, symbolic, deadline);
    } catch (Failure failure) {
      return withBakedBatch(archive, options, symbolic.candidates(), deadline, failure);
    }
  }

  /**
   * The graph under the one recorded batch size that explains the whole program.
   *
   * @param unbaked why there is none with a batch size that is nowhere a number
   * @throws Failure that failure; where it is only ambiguous which number is the batch, that
   */
  private static Graph withBakedBatch(
      TorchScriptArchive archive,
      TraceOptions options,
      Set<Long> candidates,
      long deadline,
      Failure unbaked) {
    List<Graph> graphs = new ArrayList<>();
    Failure refused = unbaked;
    for (long batch : candidates.stream().limit(MAX_CANDIDATES).toList()) {
      try {
        graphs.add(run(archive, options, new BatchLiterals(OptionalLong.of(batch)), deadline));
      } catch (Failure failure) {
        refused = BatchLiterals.isAmbiguous(failure) ? failure : refused;
      }
    }
    if (graphs.size() == 1) {
      return graphs.get(0);
    }
    throw refused;
  }

  private static Graph run(
      TorchScriptArchive archive, TraceOptions options, BatchLiterals literals, long deadline) {
    Program program = new Program(archive.code());
    Budget budget = new Budget(options.limits(), deadline, archive.tensorBytes());
    Recorder recorder = new Recorder(budget);
    Names names = new Names(archive, program);
    OperatorDispatcher operators =
        new OperatorDispatcher(OperatorTable.ALL, recorder, budget, literals);
    Interpreter interpreter = new Interpreter(names, operators);
    try {
      Argument.Value input = recorder.value("input", DType.FLOAT32, shape(options));
      IValue.Instance root = (IValue.Instance) names.ivalue(archive.root(), "");
      recorder.at(location(root.type()));
      IValue result =
          interpreter.callMethod(root, "forward", List.of(TensorRef.traced(input)), Map.of());
      Argument.Value logits = Outputs.logits(result, options.output(), operators);
      return new Graph(
          archive.name(),
          List.of(input),
          recorder.needed(List.of(logits)),
          List.of(logits),
          operators.sourceCalls().nodes());
    } catch (ProgramRefusal refusal) {
      throw refusal.at(recorder.location());
    } catch (StackOverflowError e) {
      throw Failure.badInput("%s: values or calls nest too deep", recorder.location());
    }
  }

  /** Of what is called first, for a call that fails before its first statement. */
  private static SourceLocation location(Definition.ClassDef network) {
    Definition.Function forward = network.methods().get("forward");
    return forward == null ? network.at() : forward.at();
  }

  private static List<SymInt> shape(TraceOptions options) {
    List<SymInt> shape = new ArrayList<>(List.of(SymInt.BATCH));
    options.inputShape().forEach(size -> shape.add(SymInt.of(size)));
    return shape;
  }
}
