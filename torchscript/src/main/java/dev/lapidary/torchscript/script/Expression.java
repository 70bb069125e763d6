package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What has a value. Types in the text are expressions too: {@code Optional[List[int]]}. */
public sealed interface Expression {
  SourceLocation at();

  /** The expressions directly inside that are evaluated for its value. */
  List<Expression> parts();

  /** What has none. */
  sealed interface Leaf extends Expression {
    @Override
    default List<Expression> parts() {
      return List.of();
    }
  }

  record Name(SourceLocation at, String id) implements Leaf {}

  record Attribute(SourceLocation at, Expression object, String name) implements Expression {
    @Override
    public List<Expression> parts() {
      return List.of(object);
    }
  }

  record Call(
      SourceLocation at, Expression function, List<Expression> arguments, List<Keyword> keywords)
      implements Expression {
    public Call {
      arguments = List.copyOf(arguments);
      keywords = List.copyOf(keywords);
    }

    @Override
    public List<Expression> parts() {
      return Stream.of(
              Stream.of(function), arguments.stream(), keywords.stream().map(Keyword::value))
          .flatMap(part -> part)
          .toList();
    }
  }

  /** {@code dtype=6} in a call. */
  record Keyword(String name, Expression value) {}

  /** {@code x[i]}; a type's several parameters are one {@link TupleOf}. */
  record Subscript(SourceLocation at, Expression object, Expression index) implements Expression {
    @Override
    public List<Expression> parts() {
      return List.of(object, index);
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
    public List<Expression> parts() {
      return Stream.of(lower, upper, step).flatMap(Optional::stream).toList();
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
    public ListOf {
      items = List.copyOf(items);
    }

    @Override
    public List<Expression> parts() {
      return items;
    }
  }

  record TupleOf(SourceLocation at, List<Expression> items) implements Expression {
    public TupleOf {
      items = List.copyOf(items);
    }

    @Override
    public List<Expression> parts() {
      return items;
    }
  }

  record DictOf(SourceLocation at, List<Expression> keys, List<Expression> values)
      implements Expression {
    public DictOf {
      keys = List.copyOf(keys);
      values = List.copyOf(values);
    }

    @Override
    public List<Expression> parts() {
      return Stream.concat(keys.stream(), values.stream()).toList();
    }
  }

  /** {@code not x}, {@code -x}, {@code ~x}; the operator as written. */
  record Unary(SourceLocation at, String operator, Expression operand) implements Expression {
    @Override
    public List<Expression> parts() {
      return List.of(operand);
    }
  }

  /** {@code a + b}, {@code a is not b}, {@code a and b}; the operator as written. */
  record Binary(SourceLocation at, String operator, Expression left, Expression right)
      implements Expression {
    @Override
    public List<Expression> parts() {
      return List.of(left, right);
    }
  }

  record Conditional(SourceLocation at, Expression condition, Expression then, Expression otherwise)
      implements Expression {
    @Override
    public List<Expression> parts() {
      return List.of(condition, then, otherwise);
    }
  }

  /** {@code [element for variable in items]}. */
  record Comprehension(SourceLocation at, Expression element, Expression variable, Expression items)
      implements Expression {
    @Override
    public List<Expression> parts() {
      return List.of(element, items);
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
