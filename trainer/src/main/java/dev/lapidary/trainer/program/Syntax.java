package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What statements and expressions are made of, and which names they read and write. */
final class Syntax {
  private Syntax() {}

  /** An expression and all inside it. */
  static void walk(Expression expression, Consumer<Expression> visitor) {
    visitor.accept(expression);
    expression.parts().forEach(part -> walk(part, visitor));
  }

  /** All expressions of a statement and of those inside it. */
  static void walk(Statement statement, Consumer<Expression> visitor) {
    expressions(statement).forEach(expression -> walk(expression, visitor));
    statement.inner().forEach(inner -> walk(inner, visitor));
  }

  /** Variables whose value a statement may use. */
  static Set<String> reads(Statement statement) {
    Set<String> names = new HashSet<>();
    walk(
        statement,
        expression -> {
          if (expression instanceof Expression.Name name) {
            names.add(name.id());
          }
        });
    return names;
  }

  /** Variables that a statement may give another value. */
  static Set<String> writes(Statement statement) {
    Set<String> names = new HashSet<>();
    statement.targets().forEach(target -> addNames(target, names));
    if (statement instanceof Statement.Define define) {
      names.add(define.function().name());
    }
    statement.inner().forEach(inner -> names.addAll(writes(inner)));
    return names;
  }

  /** Of this statement alone; a plain variable that is assigned to is not among them. */
  private static List<Expression> expressions(Statement statement) {
    List<Expression> all = new ArrayList<>();
    for (Expression target : statement.targets()) {
      if (!(target instanceof Expression.Name) || statement instanceof Statement.Update) {
        all.add(target);
      }
    }
    all.addAll(statement.values());
    return all;
  }

  private static void addNames(Expression target, Set<String> names) {
    if (target instanceof Expression.Name name) {
      names.add(name.id());
    } else if (target instanceof Expression.TupleOf tuple) {
      tuple.items().forEach(item -> addNames(item, names));
    }
  }
}
