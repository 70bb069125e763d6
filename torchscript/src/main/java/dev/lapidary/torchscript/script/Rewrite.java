package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.script.Expression.Keyword;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Makes an expression of other parts. */
final class Rewrite {
  private final Iterator<Expression> parts;

  private Rewrite(List<Expression> parts) {
    this.parts = parts.iterator();
  }

  /** The same expression if no part is another. */
  static Expression parts(Expression expression, UnaryOperator<Expression> change) {
    List<Expression> old = expression.parts();
    List<Expression> changed = new ArrayList<>(old.size());
    boolean same = true;
    for (Expression part : old) {
      Expression now = of(part, change);
      same &= now == part;
      changed.add(now);
    }
    return same ? expression : new Rewrite(changed).made(expression);
  }

  /** The parts first, then what is made of them. */
  static Expression of(Expression expression, UnaryOperator<Expression> change) {
    return change.apply(parts(expression, change));
  }

  private Expression made(Expression of) {
    if (of instanceof Expression.Attribute attribute) {
      return new Expression.Attribute(of.at(), parts.next(), attribute.name());
    }
    if (of instanceof Expression.Call call) {
      Expression function = parts.next();
      List<Expression> arguments = taken(call.arguments().size());
      List<Keyword> keywords =
          call.keywords().stream().map(k -> new Keyword(k.name(), parts.next())).toList();
      return new Expression.Call(of.at(), function, arguments, keywords);
    }
    if (of instanceof Expression.Subscript) {
      return new Expression.Subscript(of.at(), parts.next(), parts.next());
    }
    if (of instanceof Expression.Range range) {
      return new Expression.Range(
          of.at(), taken(range.lower()), taken(range.upper()), taken(range.step()));
    }
    if (of instanceof Expression.ListOf list) {
      return new Expression.ListOf(of.at(), taken(list.items().size()));
    }
    if (of instanceof Expression.TupleOf tuple) {
      return new Expression.TupleOf(of.at(), taken(tuple.items().size()));
    }
    if (of instanceof Expression.DictOf dict) {
      return new Expression.DictOf(of.at(), taken(dict.keys().size()), taken(dict.values().size()));
    }
    return operation(of);
  }

  private Expression operation(Expression of) {
    if (of instanceof Expression.Unary unary) {
      return new Expression.Unary(of.at(), unary.operator(), parts.next());
    }
    if (of instanceof Expression.Binary binary) {
      return new Expression.Binary(of.at(), binary.operator(), parts.next(), parts.next());
    }
    if (of instanceof Expression.Conditional) {
      return new Expression.Conditional(of.at(), parts.next(), parts.next(), parts.next());
    }
    if (of instanceof Expression.Comprehension all) {
      return new Expression.Comprehension(of.at(), parts.next(), all.variable(), parts.next());
    }
    throw new IllegalStateException("has no parts: " + of);
  }

  private List<Expression> taken(int count) {
    List<Expression> taken = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      taken.add(parts.next());
    }
    return taken;
  }

  private Optional<Expression> taken(Optional<Expression> part) {
    return part.map(unused -> parts.next());
  }
}
