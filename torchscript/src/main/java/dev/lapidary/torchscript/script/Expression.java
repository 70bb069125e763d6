package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.List;
import java.util.Optional;

/** What has a value. Types in the text are expressions too: {@code Optional[List[int]]}. */
public sealed interface Expression {
  SourceLocation at();

  record Name(SourceLocation at, String id) implements Expression {}

  record Attribute(SourceLocation at, Expression object, String name) implements Expression {}

  record Call(
      SourceLocation at, Expression function, List<Expression> arguments, List<Keyword> keywords)
      implements Expression {
    public Call {
      arguments = List.copyOf(arguments);
      keywords = List.copyOf(keywords);
    }
  }

  /** {@code dtype=6} in a call. */
  record Keyword(String name, Expression value) {}

  /** {@code x[i]}; a type's several parameters are one {@link TupleOf}. */
  record Subscript(SourceLocation at, Expression object, Expression index) implements Expression {}

  /** {@code 0:2} inside a subscript. */
  record Range(
      SourceLocation at,
      Optional<Expression> lower,
      Optional<Expression> upper,
      Optional<Expression> step)
      implements Expression {}

  record Int(SourceLocation at, long value) implements Expression {}

  record Real(SourceLocation at, double value) implements Expression {}

  /** {@code 2j}; no classifier uses one, so it can be read and not evaluated. */
  record Imaginary(SourceLocation at, double value) implements Expression {}

  record Text(SourceLocation at, String value) implements Expression {}

  record Bool(SourceLocation at, boolean value) implements Expression {}

  record None(SourceLocation at) implements Expression {}

  record ListOf(SourceLocation at, List<Expression> items) implements Expression {
    public ListOf {
      items = List.copyOf(items);
    }
  }

  record TupleOf(SourceLocation at, List<Expression> items) implements Expression {
    public TupleOf {
      items = List.copyOf(items);
    }
  }

  record DictOf(SourceLocation at, List<Expression> keys, List<Expression> values)
      implements Expression {
    public DictOf {
      keys = List.copyOf(keys);
      values = List.copyOf(values);
    }
  }

  /** {@code not x}, {@code -x}, {@code ~x}; the operator as written. */
  record Unary(SourceLocation at, String operator, Expression operand) implements Expression {}

  /** {@code a + b}, {@code a is not b}, {@code a and b}; the operator as written. */
  record Binary(SourceLocation at, String operator, Expression left, Expression right)
      implements Expression {}

  record Conditional(SourceLocation at, Expression condition, Expression then, Expression otherwise)
      implements Expression {}

  /** {@code [element for variable in items]}. */
  record Comprehension(SourceLocation at, Expression element, Expression variable, Expression items)
      implements Expression {}

  /** The dotted name, if that is what the expression is: {@code __torch__.torch.nn.Linear}. */
  default Optional<String> dottedName() {
    if (this instanceof Name name) {
      return Optional.of(name.id());
    }
    if (this instanceof Attribute attribute) {
      return attribute.object().dottedName().map(prefix -> prefix + "." + attribute.name());
    }
    return Optional.empty();
  }
}
