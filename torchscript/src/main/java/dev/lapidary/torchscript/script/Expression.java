package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What has a value. Types in the text are expressions too: {@code Optional[List[int]]}. */
public sealed interface Expression extends SyntaxNode {
  /**
   * The same with others in place of the expressions directly inside that are evaluated for its
   * value.
   */
  Expression with(UnaryOperator<Expression> part);

  /** The expressions directly inside that are evaluated for its value. */
  default List<Expression> parts() {
    List<Expression> parts = new ArrayList<>();
    with(
        part -> {
          parts.add(part);
          return part;
        });
    return parts;
  }

  /** What has none. */
  sealed interface Leaf extends Expression {
    @Override
    default Expression with(UnaryOperator<Expression> part) {
      return this;
    }
  }

  record Name(SourceLocation at, String id) implements Leaf {}

  record Attribute(SourceLocation at, Expression object, String name) implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Attribute(at, part.apply(object), name);
    }
  }

  record Call(
      SourceLocation at, Expression function, List<Expression> arguments, List<Keyword> keywords)
      implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Call(
          at,
          part.apply(function),
          arguments.stream().map(part).toList(),
          keywords.stream().map(k -> new Keyword(k.name, part.apply(k.value))).toList());
    }
  }

  /** {@code dtype=6} in a call. */
  record Keyword(String name, Expression value) {}

  /** {@code x[i]}; a type's several parameters are one {@link TupleOf}. */
  record Subscript(SourceLocation at, Expression object, Expression index) implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Subscript(at, part.apply(object), part.apply(index));
    }
  }

  /** {@code 0:2} inside a subscript. */
  record Range(
      SourceLocation at,
      Optional<Expression> lower,
      Optional<Expression> upper,
      Optional<Expression> step)
      implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Range(at, lower.map(part), upper.map(part), step.map(part));
    }
  }

  record Int(SourceLocation at, long value) implements Leaf {}

  record Real(SourceLocation at, double value) implements Leaf {}

  /** {@code 2j}; no classifier uses one, so it can be read and not evaluated. */
  record Imaginary(SourceLocation at, double value) implements Leaf {}

  record Text(SourceLocation at, String value) implements Leaf {}

  record Bool(SourceLocation at, boolean value) implements Leaf {}

  record None(SourceLocation at) implements Leaf {}

  record ListOf(SourceLocation at, List<Expression> items) implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new ListOf(at, items.stream().map(part).toList());
    }
  }

  record TupleOf(SourceLocation at, List<Expression> items) implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new TupleOf(at, items.stream().map(part).toList());
    }
  }

  record DictOf(SourceLocation at, List<Expression> keys, List<Expression> values)
      implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new DictOf(at, keys.stream().map(part).toList(), values.stream().map(part).toList());
    }
  }

  /** {@code not x}, {@code -x}, {@code ~x}; the operator as written. */
  record Unary(SourceLocation at, String operator, Expression operand) implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Unary(at, operator, part.apply(operand));
    }
  }

  /** {@code a + b}, {@code a is not b}, {@code a and b}; the operator as written. */
  record Binary(SourceLocation at, String operator, Expression left, Expression right)
      implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Binary(at, operator, part.apply(left), part.apply(right));
    }
  }

  record Conditional(SourceLocation at, Expression condition, Expression then, Expression otherwise)
      implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Conditional(at, part.apply(condition), part.apply(then), part.apply(otherwise));
    }
  }

  /** {@code [element for variable in items]}. */
  record Comprehension(SourceLocation at, Expression element, Expression variable, Expression items)
      implements Expression {
    @Override
    public Expression with(UnaryOperator<Expression> part) {
      return new Comprehension(at, part.apply(element), variable, part.apply(items));
    }
  }

  /** The expression that a dotted name is. */
  static Expression dotted(SourceLocation at, String name) {
    int dot = name.lastIndexOf('.');
    return dot < 0
        ? new Name(at, name)
        : new Attribute(at, dotted(at, name.substring(0, dot)), name.substring(dot + 1));
  }

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
