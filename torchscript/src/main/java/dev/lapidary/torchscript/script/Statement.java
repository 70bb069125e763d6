package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.List;
import java.util.Optional;

/** What a function's body is made of. */
public sealed interface Statement {
  SourceLocation at();

  /**
   * {@code a = e}, {@code a, b, = e}, {@code x.attr = e}, {@code a : T = e}.
   *
   * @param unpack whether the value is taken apart, which {@code a, = e} does for one target
   */
  record Assign(SourceLocation at, List<Expression> targets, boolean unpack, Expression value)
      implements Statement {
    public Assign {
      targets = List.copyOf(targets);
    }
  }

  /** {@code a += e}, in archives of version 1 and 2 only; the operator without {@code =}. */
  record Update(SourceLocation at, Expression target, String operator, Expression value)
      implements Statement {}

  record Evaluate(SourceLocation at, Expression expression) implements Statement {}

  record Return(SourceLocation at, Optional<Expression> value) implements Statement {}

  record If(
      SourceLocation at, Expression condition, List<Statement> then, List<Statement> otherwise)
      implements Statement {
    public If {
      then = List.copyOf(then);
      otherwise = List.copyOf(otherwise);
    }
  }

  record For(SourceLocation at, List<Expression> targets, Expression items, List<Statement> body)
      implements Statement {
    public For {
      targets = List.copyOf(targets);
      body = List.copyOf(body);
    }
  }

  record While(SourceLocation at, Expression condition, List<Statement> body) implements Statement {
    public While {
      body = List.copyOf(body);
    }
  }

  record With(
      SourceLocation at, Expression context, Optional<Expression> target, List<Statement> body)
      implements Statement {
    public With {
      body = List.copyOf(body);
    }
  }

  /** A function inside a function: what {@code fork} runs. */
  record Define(SourceLocation at, Definition.Function function) implements Statement {}

  record Pass(SourceLocation at) implements Statement {}
}
