package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a function's body is made of. */
public sealed interface Statement {
  SourceLocation at();

  /** What is given a value. */
  List<Expression> targets();

  /** What is evaluated, beside the targets and what is inside. */
  List<Expression> values();

  /** The statements directly inside. */
  List<Statement> inner();

  /** A statement without statements inside. */
  sealed interface Simple extends Statement {
    @Override
    default List<Statement> inner() {
      return List.of();
    }
  }

  /** A statement that gives nothing a value. */
  sealed interface Untargeted extends Statement {
    @Override
    default List<Expression> targets() {
      return List.of();
    }
  }

  /**
   * {@code a = e}, {@code a, b, = e}, {@code x.attr = e}, {@code a : T = e}.
   *
   * @param unpack whether the value is taken apart, which {@code a, = e} does for one target
   * @param type that is written behind the target
   */
  record Assign(
      SourceLocation at,
      List<Expression> targets,
      boolean unpack,
      Optional<Expression> type,
      Expression value)
      implements Simple {
    public Assign {
      targets = List.copyOf(targets);
    }

    @Override
    public List<Expression> values() {
      return List.of(value);
    }
  }

  /** {@code a += e}, in archives of version 1 and 2 only; the operator without {@code =}. */
  record Update(SourceLocation at, Expression target, String operator, Expression value)
      implements Simple {
    @Override
    public List<Expression> targets() {
      return List.of(target);
    }

    @Override
    public List<Expression> values() {
      return List.of(value);
    }
  }

  record Evaluate(SourceLocation at, Expression expression) implements Simple, Untargeted {
    @Override
    public List<Expression> values() {
      return List.of(expression);
    }
  }

  record Return(SourceLocation at, Optional<Expression> value) implements Simple, Untargeted {
    @Override
    public List<Expression> values() {
      return value.stream().toList();
    }
  }

  record If(
      SourceLocation at, Expression condition, List<Statement> then, List<Statement> otherwise)
      implements Untargeted {
    public If {
      then = List.copyOf(then);
      otherwise = List.copyOf(otherwise);
    }

    @Override
    public List<Expression> values() {
      return List.of(condition);
    }

    @Override
    public List<Statement> inner() {
      return Stream.concat(then.stream(), otherwise.stream()).toList();
    }
  }

  record For(SourceLocation at, List<Expression> targets, Expression items, List<Statement> body)
      implements Statement {
    public For {
      targets = List.copyOf(targets);
      body = List.copyOf(body);
    }

    @Override
    public List<Expression> values() {
      return List.of(items);
    }

    @Override
    public List<Statement> inner() {
      return body;
    }
  }

  record While(SourceLocation at, Expression condition, List<Statement> body)
      implements Untargeted {
    public While {
      body = List.copyOf(body);
    }

    @Override
    public List<Expression> values() {
      return List.of(condition);
    }

    @Override
    public List<Statement> inner() {
      return body;
    }
  }

  record With(
      SourceLocation at, Expression context, Optional<Expression> target, List<Statement> body)
      implements Statement {
    public With {
      body = List.copyOf(body);
    }

    @Override
    public List<Expression> targets() {
      return target.stream().toList();
    }

    @Override
    public List<Expression> values() {
      return List.of(context);
    }

    @Override
    public List<Statement> inner() {
      return body;
    }
  }

  /** A function inside a function: what {@code fork} runs. */
  record Define(SourceLocation at, Definition.Function function) implements Untargeted {
    @Override
    public List<Expression> values() {
      return List.of();
    }

    @Override
    public List<Statement> inner() {
      return function.body();
    }
  }

  record Pass(SourceLocation at) implements Simple, Untargeted {
    @Override
    public List<Expression> values() {
      return List.of();
    }
  }
}
