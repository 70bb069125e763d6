package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a function's body is made of. */
public sealed interface Statement extends SyntaxNode {
  /** What is given a value. */
  default List<Expression> targets() {
    return List.of();
  }

  /** What is evaluated, beside the targets and what is inside. */
  default List<Expression> values() {
    return List.of();
  }

  /** The statements directly inside. */
  default List<Statement> inner() {
    return List.of();
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
      implements Statement {
    @Override
    public List<Expression> values() {
      return List.of(value);
    }
  }

  /** {@code a += e}, in archives of version 1 and 2 only; the operator without {@code =}. */
  record Update(SourceLocation at, Expression target, String operator, Expression value)
      implements Statement {
    @Override
    public List<Expression> targets() {
      return List.of(target);
    }

    @Override
    public List<Expression> values() {
      return List.of(value);
    }
  }

  record Evaluate(SourceLocation at, Expression expression) implements Statement {
    @Override
    public List<Expression> values() {
      return List.of(expression);
    }
  }

  record Return(SourceLocation at, Optional<Expression> value) implements Statement {
    @Override
    public List<Expression> values() {
      return value.stream().toList();
    }
  }

  record If(
      SourceLocation at, Expression condition, List<Statement> then, List<Statement> otherwise)
      implements Statement {
    @Override
    public List<Expression> values() {
      return List.of(condition);
    }

    @Override
    public List<Statement> inner() {
      return Stream.concat(then.stream(), otherwise.stream()).toList();
    }
  }

  record For(SourceLocation at, List<Expression> targets, Expression items, List<Statement> inner)
      implements Statement {
    @Override
    public List<Expression> values() {
      return List.of(items);
    }
  }

  record While(SourceLocation at, Expression condition, List<Statement> inner)
      implements Statement {
    @Override
    public List<Expression> values() {
      return List.of(condition);
    }
  }

  record With(
      SourceLocation at, Expression context, Optional<Expression> target, List<Statement> inner)
      implements Statement {
    @Override
    public List<Expression> targets() {
      return target.stream().toList();
    }

    @Override
    public List<Expression> values() {
      return List.of(context);
    }
  }

  /** A function inside a function: what {@code fork} runs. */
  record Define(SourceLocation at, Definition.Function function) implements Statement {
    @Override
    public List<Statement> inner() {
      return function.body();
    }
  }

  record Pass(SourceLocation at) implements Statement {}
}
