package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Refuses values whose type is too large to write down: {@code t = (t, t)} forty times over. We
 * never write types, but libtorch, which compiles a program after us, takes forever or all memory.
 */
final class TypeSizes {
  private static final long LARGEST = 10_000;

  /** Calls that give what they are given; of all others the text declares what they give. */
  private static final Set<String> SAME_TYPE =
      Set.of("_unwrap_optional", "unchecked_unwrap_optional", "data", "clone", "list");

  private final Map<String, Type> variables = new HashMap<>();

  private TypeSizes() {}

  /**
   * As much of a type as decides its size.
   *
   * @param size how many parts it has when it is written out
   * @param parts of a tuple its items', of a list its element's; empty where nothing is known
   */
  private record Type(long size, List<Type> parts) {
    static final Type PLAIN = new Type(1, List.of());

    static Type of(List<Type> parts) {
      return new Type(1 + parts.stream().mapToLong(Type::size).sum(), parts);
    }

    static Type larger(Type a, Type b) {
      return a.size() >= b.size() ? a : b;
    }
  }

  /**
   * @throws Failure (exit 2) with the place
   */
  static void check(Definition.Function function) {
    TypeSizes types = new TypeSizes();
    for (Definition.Parameter parameter : function.parameters()) {
      long size = parameter.type().map(TypeSizes::written).orElse(1L);
      types.variables.put(parameter.name(), new Type(size, List.of()));
    }
    function.body().forEach(types::check);
  }

  private void check(Statement statement) {
    if (statement instanceof Statement.Assign assign) {
      assign(assign);
    } else {
      statement.values().forEach(this::bounded);
    }
    statement.inner().forEach(this::check);
  }

  private void assign(Statement.Assign assign) {
    Type type = bounded(assign.value());
    List<Expression> targets = assign.targets();
    boolean apart = assign.unpack() && type.parts().size() == targets.size();
    for (int i = 0; i < targets.size(); i++) {
      if (targets.get(i) instanceof Expression.Name name) {
        variables.put(name.id(), apart ? type.parts().get(i) : type);
      }
    }
  }

  private Type bounded(Expression value) {
    Type type = type(value);
    if (type.size() > LARGEST) {
      throw Failure.badInput(
          "%s: a value of a type with more than %d parts; no network needs it",
          value.at(), LARGEST);
    }
    return type;
  }

  private Type type(Expression value) {
    if (value instanceof Expression.Name name) {
      return variables.getOrDefault(name.id(), Type.PLAIN);
    }
    if (value instanceof Expression.TupleOf tuple) {
      return Type.of(tuple.items().stream().map(this::bounded).toList());
    }
    if (value instanceof Expression.ListOf list) {
      return Type.of(List.of(largest(list.items())));
    }
    if (value instanceof Expression.DictOf dict) {
      return Type.of(List.of(largest(dict.keys()), largest(dict.values())));
    }
    if (value instanceof Expression.Comprehension all) {
      return Type.of(List.of(bounded(all.element())));
    }
    if (value instanceof Expression.Subscript part) {
      return part(bounded(part.object()), part.index());
    }
    if (value instanceof Expression.Conditional choice) {
      return Type.larger(bounded(choice.then()), bounded(choice.otherwise()));
    }
    return value instanceof Expression.Call call ? type(call) : Type.PLAIN;
  }

  private static Type part(Type whole, Expression index) {
    boolean known =
        index instanceof Expression.Int at && at.value() >= 0 && at.value() < whole.parts().size();
    return known ? whole.parts().get((int) ((Expression.Int) index).value()) : whole;
  }

  private Type type(Expression.Call call) {
    String function = call.function().dottedName().orElse("");
    Type largest = largest(call.arguments());
    boolean same = SAME_TYPE.contains(function.substring(function.lastIndexOf('.') + 1));
    return same ? largest : Type.PLAIN;
  }

  private Type largest(List<Expression> items) {
    return items.stream().map(this::bounded).reduce(Type.PLAIN, Type::larger);
  }

  /** How many parts a type has as the text writes it. */
  private static long written(Expression type) {
    if (type instanceof Expression.Subscript generic) {
      return 1 + written(generic.index());
    }
    if (type instanceof Expression.TupleOf several) {
      return several.items().stream().mapToLong(TypeSizes::written).sum();
    }
    return 1;
  }
}
