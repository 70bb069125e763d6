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
    parts(expression).forEach(part -> walk(part, visitor));
  }

  /** All expressions of a statement and of those inside it. */
  static void walk(Statement statement, Consumer<Expression> visitor) {
    expressions(statement).forEach(expression -> walk(expression, visitor));
    blocks(statement).forEach(inner -> walk(inner, visitor));
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
    targets(statement).forEach(target -> addNames(target, names));
    if (statement instanceof Statement.Define define) {
      names.add(define.function().name());
    }
    blocks(statement).forEach(inner -> names.addAll(writes(inner)));
    return names;
  }

  /** The statements directly inside. */
  static List<Statement> blocks(Statement statement) {
    List<Statement> inner = new ArrayList<>();
    if (statement instanceof Statement.If branch) {
      inner.addAll(branch.then());
      inner.addAll(branch.otherwise());
    } else if (statement instanceof Statement.For loop) {
      inner.addAll(loop.body());
    } else if (statement instanceof Statement.While loop) {
      inner.addAll(loop.body());
    } else if (statement instanceof Statement.With with) {
      inner.addAll(with.body());
    } else if (statement instanceof Statement.Define define) {
      inner.addAll(define.function().body());
    }
    return inner;
  }

  /** What is assigned to. */
  static List<Expression> targets(Statement statement) {
    if (statement instanceof Statement.Assign assign) {
      return assign.targets();
    }
    if (statement instanceof Statement.Update update) {
      return List.of(update.target());
    }
    if (statement instanceof Statement.For loop) {
      return loop.targets();
    }
    return statement instanceof Statement.With with ? with.target().stream().toList() : List.of();
  }

  /** Of this statement alone; a plain variable that is assigned to is not among them. */
  private static List<Expression> expressions(Statement statement) {
    List<Expression> all = new ArrayList<>();
    for (Expression target : targets(statement)) {
      if (!(target instanceof Expression.Name) || statement instanceof Statement.Update) {
        all.add(target);
      }
    }
    if (statement instanceof Statement.Assign assign) {
      all.add(assign.value());
    } else if (statement instanceof Statement.Update update) {
      all.add(update.value());
    } else if (statement instanceof Statement.Evaluate evaluate) {
      all.add(evaluate.expression());
    } else if (statement instanceof Statement.Return returned) {
      returned.value().ifPresent(all::add);
    } else if (statement instanceof Statement.If branch) {
      all.add(branch.condition());
    } else if (statement instanceof Statement.For loop) {
      all.add(loop.items());
    } else if (statement instanceof Statement.While loop) {
      all.add(loop.condition());
    } else if (statement instanceof Statement.With with) {
      all.add(with.context());
    }
    return all;
  }

  private static void addNames(Expression target, Set<String> names) {
    if (target instanceof Expression.Name name) {
      names.add(name.id());
    } else if (target instanceof Expression.TupleOf tuple) {
      tuple.items().forEach(item -> addNames(item, names));
    }
  }

  private static List<Expression> parts(Expression expression) {
    List<Expression> parts = new ArrayList<>();
    if (expression instanceof Expression.Attribute attribute) {
      parts.add(attribute.object());
    } else if (expression instanceof Expression.Call call) {
      parts.add(call.function());
      parts.addAll(call.arguments());
      call.keywords().forEach(keyword -> parts.add(keyword.value()));
    } else if (expression instanceof Expression.Subscript subscript) {
      parts.add(subscript.object());
      parts.add(subscript.index());
    } else if (expression instanceof Expression.Range range) {
      range.lower().ifPresent(parts::add);
      range.upper().ifPresent(parts::add);
      range.step().ifPresent(parts::add);
    } else if (expression instanceof Expression.ListOf list) {
      parts.addAll(list.items());
    } else if (expression instanceof Expression.TupleOf tuple) {
      parts.addAll(tuple.items());
    } else if (expression instanceof Expression.DictOf dict) {
      parts.addAll(dict.keys());
      parts.addAll(dict.values());
    } else if (expression instanceof Expression.Unary unary) {
      parts.add(unary.operand());
    } else if (expression instanceof Expression.Binary binary) {
      parts.add(binary.left());
      parts.add(binary.right());
    } else if (expression instanceof Expression.Conditional conditional) {
      parts.add(conditional.condition());
      parts.add(conditional.then());
      parts.add(conditional.otherwise());
    } else if (expression instanceof Expression.Comprehension comprehension) {
      parts.add(comprehension.element());
      parts.add(comprehension.items());
    }
    return parts;
  }
}
