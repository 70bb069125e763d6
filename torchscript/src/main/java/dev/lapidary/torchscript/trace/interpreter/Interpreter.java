package dev.lapidary.torchscript.trace.interpreter;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.call.Recorder;
import dev.lapidary.torchscript.trace.limit.Budget;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Runs functions and statements. */
public final class Interpreter {
  private final Evaluator evaluator;
  private final Recorder recorder;
  private final Budget budget;

  public Interpreter(Names names, Dispatcher dispatcher) {
    this.recorder = dispatcher.recorder();
    this.budget = dispatcher.budget();
    this.evaluator = new Evaluator(this, names, dispatcher);
  }

  /** A function's variables, and what it returned. */
  static final class Frame {
    private final Map<String, IValue> variables;
    private @Nullable IValue returned;

    Frame(Map<String, IValue> variables) {
      this.variables = new HashMap<>(variables);
    }

    @Nullable IValue get(String name) {
      return variables.get(name);
    }

    void set(String name, IValue value) {
      variables.put(name, value);
    }

    Map<String, IValue> variables() {
      return variables;
    }
  }

  public IValue call(
      IValue.Function function, List<IValue> positional, Map<String, IValue> keywords) {
    Frame frame = new Frame(function.closure());
    bind(function.definition(), positional, keywords, frame);
    budget.enter();
    run(function.definition().body(), frame);
    budget.leave();
    return frame.returned == null ? IValue.None.NONE : frame.returned;
  }

  public IValue callMethod(
      IValue.Instance self, String name, List<IValue> positional, Map<String, IValue> keywords) {
    Definition.Function method = self.type().methods().get(name);
    if (method == null) {
      throw ProgramRefusal.wrong("class %s has no method %s", self.className(), name);
    }
    List<IValue> arguments = new ArrayList<>(List.of(self));
    arguments.addAll(positional);
    boolean module = self.type().isModule();
    if (module) {
      recorder.enterModule(self.path());
    }
    IValue result = call(new IValue.Function(method, Map.of()), arguments, keywords);
    if (module) {
      recorder.leaveModule();
    }
    return result;
  }

  private void bind(
      Definition.Function function,
      List<IValue> positional,
      Map<String, IValue> keywords,
      Frame frame) {
    List<Definition.Parameter> parameters = function.parameters();
    if (positional.size() > parameters.size()) {
      throw ProgramRefusal.wrong(
          "%s takes %d arguments, given %d", function.name(), parameters.size(), positional.size());
    }
    for (int i = 0; i < parameters.size(); i++) {
      Definition.Parameter parameter = parameters.get(i);
      IValue given = i < positional.size() ? positional.get(i) : keywords.get(parameter.name());
      if (given == null) {
        Expression value =
            parameter
                .defaultValue()
                .orElseThrow(
                    () ->
                        ProgramRefusal.wrong(
                            "%s is not given its argument %s", function.name(), parameter.name()));
        given = evaluator.evaluate(value, frame);
      }
      frame.set(parameter.name(), given);
    }
  }

  /** True if a return statement has ended the function. */
  private boolean run(List<Statement> body, Frame frame) {
    budget.enter();
    for (Statement statement : body) {
      boolean ended;
      try {
        budget.step();
        ended = run(statement, frame);
      } catch (ProgramRefusal refusal) {
        throw refusal.at(recorder.at(statement.at()));
      }
      if (ended) {
        budget.leave();
        return true;
      }
    }
    budget.leave();
    return false;
  }

  private boolean run(Statement statement, Frame frame) {
    if (statement instanceof Statement.Assign assign) {
      store(assign.targets(), assign.unpack(), evaluator.evaluate(assign.value(), frame), frame);
    } else if (statement instanceof Statement.Evaluate expression) {
      evaluator.evaluate(expression.expression(), frame);
    } else if (statement instanceof Statement.Return end) {
      frame.returned =
          end.value().isPresent() ? evaluator.evaluate(end.value().get(), frame) : IValue.None.NONE;
      return true;
    } else if (statement instanceof Statement.If branch) {
      boolean taken = evaluator.condition(branch.condition(), frame);
      return run(taken ? branch.then() : branch.otherwise(), frame);
    } else if (statement instanceof Statement.For loop) {
      return loop(loop, frame);
    } else if (statement instanceof Statement.While loop) {
      return loop(loop, frame);
    } else if (statement instanceof Statement.With with) {
      return with(with, frame);
    } else if (statement instanceof Statement.Define define) {
      frame.set(
          define.function().name(),
          new IValue.Function(define.function(), Map.copyOf(frame.variables())));
    } else if (statement instanceof Statement.Update update) {
      Expression changed =
          new Expression.Binary(update.at(), update.operator(), update.target(), update.value());
      store(update.target(), evaluator.evaluate(changed, frame), frame);
    } else if (!(statement instanceof Statement.Pass)) {
      throw new IllegalStateException("no way to run " + statement);
    }
    return false;
  }

  private void store(List<Expression> targets, boolean unpack, IValue value, Frame frame) {
    if (unpack) {
      unpack(targets, value, frame);
    } else {
      store(targets.get(0), value, frame);
    }
  }

  private void unpack(List<Expression> targets, IValue value, Frame frame) {
    List<IValue> items = value.toList();
    if (items.size() != targets.size()) {
      throw ProgramRefusal.wrong(
          "%d values cannot be assigned to %d names", items.size(), targets.size());
    }
    for (int i = 0; i < items.size(); i++) {
      store(targets.get(i), items.get(i), frame);
    }
  }

  private void store(Expression target, IValue value, Frame frame) {
    if (target instanceof Expression.Name name) {
      frame.set(name.id(), value);
    } else if (target instanceof Expression.TupleOf tuple) {
      unpack(tuple.items(), value, frame);
    } else if (target instanceof Expression.Attribute attribute
        && evaluator.evaluate(attribute.object(), frame) instanceof IValue.Instance instance) {
      instance.set(attribute.name(), value);
    } else {
      throw ProgramRefusal.wrong("this cannot be assigned to");
    }
  }

  private boolean loop(Statement.For loop, Frame frame) {
    for (IValue item : evaluator.items(loop.items(), frame)) {
      budget.step();
      store(loop.targets(), loop.targets().size() > 1, item, frame);
      if (run(loop.inner(), frame)) {
        return true;
      }
    }
    return false;
  }

  private boolean loop(Statement.While loop, Frame frame) {
    while (evaluator.condition(loop.condition(), frame)) {
      budget.step();
      if (run(loop.inner(), frame)) {
        return true;
      }
    }
    return false;
  }

  /** Context managers of classifiers ({@code no_grad}) change nothing that a trace sees. */
  private boolean with(Statement.With with, Frame frame) {
    IValue context = evaluator.evaluate(with.context(), frame);
    if (!(context instanceof IValue.Instance manager)) {
      throw ProgramRefusal.unsupported("'with' on %s", IValue.describe(context));
    }
    IValue entered = callMethod(manager, "__enter__", List.of(), Map.of());
    if (with.target().isPresent()) {
      store(with.target().get(), entered, frame);
    }
    boolean ended = run(with.inner(), frame);
    IValue none = IValue.None.NONE;
    callMethod(manager, "__exit__", List.of(none, none, none), Map.of());
    return ended;
  }

  /** The numbers of {@code range(n)}, one at a time: the count may be hostile. */
  static Iterable<IValue> range(long start, long end, long step) {
    if (step == 0) {
      throw ProgramRefusal.wrong("range() with a step of 0");
    }
    return () ->
        LongStream.iterate(start, i -> step > 0 ? i < end : i > end, i -> Math.addExact(i, step))
            .mapToObj(i -> (IValue) new IValue.Int(SymInt.of(i)))
            .iterator();
  }
}
