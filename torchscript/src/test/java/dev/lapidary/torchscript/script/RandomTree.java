package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Expressions that a parser could have made of some text. */
final class RandomTree {
  private static final SourceLocation HERE = new SourceLocation("random", 1, 1);
  private static final List<String> BINARY =
      List.copyOf(
          List.of(
              "or", "and", "in", "not in", "is", "is not", "<", ">", "<=", ">=", "==", "!=", "|",
              "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "**"));
  private static final List<String> TEXTS =
      List.of(
          "",
          "a",
          "\"",
          "'",
          "\\",
          "\n\t\u0007",
          "# ) ] }",
          "\u00e9\ud83d\ude00",
          "\udcff",
          "\0" + "1");

  private final Random random;

  RandomTree(long seed) {
    this.random = new Random(seed);
  }

  Expression expression(int depth) {
    return switch (depth == 0 ? random.nextInt(7) : random.nextInt(19)) {
      case 0, 1 -> new Expression.Name(HERE, List.of("a", "b_1", "é").get(random.nextInt(3)));
      case 2 -> new Expression.Int(HERE, random.nextLong() >> random.nextInt(64));
      case 3 ->
          new Expression.Real(HERE, random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20));
      case 4 -> new Expression.Imaginary(HERE, random.nextInt(9) / 4.0);
      case 5 -> new Expression.Text(HERE, TEXTS.get(random.nextInt(TEXTS.size())));
      case 6 ->
          random.nextBoolean()
              ? new Expression.None(HERE)
              : new Expression.Bool(HERE, random.nextBoolean());
      case 7 -> new Expression.Attribute(HERE, expression(depth - 1), "name");
      case 8, 9 -> call(depth);
      case 10, 11 -> new Expression.Subscript(HERE, expression(depth - 1), index(depth));
      case 12 -> new Expression.ListOf(HERE, several(depth));
      case 13 -> new Expression.TupleOf(HERE, several(depth));
      case 14 -> dict(depth);
      case 15 -> unary(depth);
      case 16 ->
          new Expression.Conditional(
              HERE, expression(depth - 1), expression(depth - 1), expression(depth - 1));
      case 17 ->
          new Expression.Comprehension(
              HERE, expression(depth - 1), new Expression.Name(HERE, "x"), expression(depth - 1));
      default ->
          new Expression.Binary(
              HERE,
              BINARY.get(random.nextInt(BINARY.size())),
              expression(depth - 1),
              expression(depth - 1));
    };
  }

  private List<Expression> several(int depth) {
    List<Expression> all = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      all.add(expression(depth - 1));
    }
    return all;
  }

  private Expression call(int depth) {
    List<Expression.Keyword> keywords = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      keywords.add(new Expression.Keyword("k" + i, expression(depth - 1)));
    }
    return new Expression.Call(HERE, expression(depth - 1), several(depth), keywords);
  }

  private Expression dict(int depth) {
    List<Expression> keys = several(depth);
    return new Expression.DictOf(
        HERE, keys, keys.stream().map(k -> expression(depth - 1)).toList());
  }

  /** A parser makes the negative of a number one number. */
  private Expression unary(int depth) {
    Expression operand = expression(depth - 1);
    boolean number = operand instanceof Expression.Int || operand instanceof Expression.Real;
    List<String> operators = number ? List.of("+", "~", "not") : List.of("+", "~", "not", "-");
    return new Expression.Unary(HERE, operators.get(random.nextInt(operators.size())), operand);
  }

  private Expression index(int depth) {
    if (random.nextBoolean()) {
      return expression(depth - 1);
    }
    List<Expression> items = new ArrayList<>(List.of(range(depth)));
    items.addAll(several(depth));
    return random.nextBoolean() ? items.get(0) : new Expression.TupleOf(HERE, items);
  }

  private Expression range(int depth) {
    return new Expression.Range(HERE, maybe(depth), maybe(depth), maybe(depth));
  }

  private Optional<Expression> maybe(int depth) {
    return random.nextBoolean() ? Optional.of(expression(depth - 1)) : Optional.empty();
  }
}
