package dev.lapidary.torchscript.script;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What statements and expressions are made of, and which names they read and write. */
public final class Syntax {
  private Syntax() {}

  /** An expression and all inside it. */
  public static void walk(Expression expression, Consumer<Expression> visitor) {
    visitor.accept(expression);
    expression.parts().forEach(part -> walk(part, visitor));
  }

  /** Statements and those inside them, in the text's order. */
  public static void walk(List<Statement> body, Consumer<Statement> visitor) {
    for (Statement statement : body) {
      visitor.accept(statement);
      walk(statement.inner(), visitor);
    }
  }

  /** What a definition is written with: types, defaults, constants, and all in its statements. */
  public static List<Expression> expressions(Definition definition) {
    List<Expression> all = new ArrayList<>();
    if (definition instanceof Definition.ClassDef type) {
      all.addAll(type.attributes().values());
      all.addAll(type.constants().values());
      type.methods().values().forEach(method -> all.addAll(expressions(method)));
    } else if (definition instanceof Definition.Function function) {
      all.addAll(signature(function));
      walk(function.body(), statement -> all.addAll(written(statement)));
    }
    return all;
  }

  private static List<Expression> signature(Definition.Function function) {
    List<Expression> all = new ArrayList<>();
    for (Definition.Parameter parameter : function.parameters()) {
      parameter.type().ifPresent(all::add);
      parameter.defaultValue().ifPresent(all::add);
    }
    function.returns().ifPresent(all::add);
    return all;
  }

  /** What stands in a statement, those inside it left out. */
  private static List<Expression> written(Statement statement) {
    List<Expression> all = new ArrayList<>(expressions(statement));
    if (statement instanceof Statement.Assign assign) {
      assign.type().ifPresent(all::add);
    } else if (statement instanceof Statement.Define define) {
      all.addAll(signature(define.function()));
    }
    return all;
  }

  /** All expressions of a statement and of those inside it. */
  public static void walk(Statement statement, Consumer<Expression> visitor) {
    expressions(statement).forEach(expression -> walk(expression, visitor));
    statement.inner().forEach(inner -> walk(inner, visitor));
  }

  /** Variables whose value a statement may use. */
  public static Set<String> reads(Statement statement) {
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
  public static Set<String> writes(Statement statement) {
    Set<String> names = new HashSet<>();
    statement.targets().forEach(target -> addNames(target, names));
    if (statement instanceof Statement.Define define) {
      names.add(define.function().name());
    }
    statement.inner().forEach(inner -> names.addAll(writes(inner)));
    return names;
  }

  /** Of this statement alone; a plain variable that is assigned to is not among them. */
  public static List<Expression> expressions(Statement statement) {
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
