package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Expression.Keyword;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Parses expressions: what {@code torch/csrc/jit/serialization/python_print.cpp} writes (calls,
 * subscripts, literals), and Python's operators, which versions 1 and 2 wrote.
 */
final class ExpressionParser {
  /** How tight an operator binds; the numbers only order them. */
  static final Map<String, Integer> PRECEDENCE =
      Map.ofEntries(
          Map.entry("or", 1),
          Map.entry("and", 2),
          Map.entry("in", 4),
          Map.entry("not", 4),
          Map.entry("is", 4),
          Map.entry("<", 4),
          Map.entry(">", 4),
          Map.entry("<=", 4),
          Map.entry(">=", 4),
          Map.entry("==", 4),
          Map.entry("!=", 4),
          Map.entry("|", 5),
          Map.entry("^", 6),
          Map.entry("&", 7),
          Map.entry("<<", 8),
          Map.entry(">>", 8),
          Map.entry("+", 9),
          Map.entry("-", 9),
          Map.entry("*", 10),
          Map.entry("/", 10),
          Map.entry("//", 10),
          Map.entry("%", 10),
          Map.entry("**", 12));

  static final int NOT = 3;
  static final int SIGN = 11;

  private final TokenReader in;
  private final Spans spans;

  ExpressionParser(TokenReader in, Spans spans) {
    this.in = in;
    this.spans = spans;
  }

  /** Keeps where a node stands: from {@code start} to what was read last. */
  private Expression placed(Expression node, int start) {
    return spans.put(node, start, in.end());
  }

  /** An expression; without parentheses no tuple. */
  Expression expression() {
    in.enter();
    int start = in.start();
    Expression value = binary(1);
    if (in.sees("if")) {
      SourceLocation at = in.next().at();
      Expression condition = binary(1);
      in.expect("else");
      value = placed(new Expression.Conditional(at, condition, value, expression()), start);
    }
    in.leave();
    return value;
  }

  /** {@code a}, {@code a, b}, {@code a,}: more than one, or a comma behind, is a tuple. */
  Expression expressionOrTuple() {
    SourceLocation at = in.at();
    int start = in.start();
    Expression first = expression();
    if (!in.sees(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (in.accept(",") && beginsExpression()) {
      items.add(expression());
    }
    return placed(new Expression.TupleOf(at, items), start);
  }

  private boolean beginsExpression() {
    return switch (in.peek().kind()) {
      case NAME, INTEGER, FLOAT, COMPLEX, STRING -> true;
      case SYMBOL -> List.of("(", "[", "{", "-", "+", "~").contains(in.peek().text());
      default -> false;
    };
  }

  private Expression binary(int atLeast) {
    int start = in.start();
    Expression left = unary();
    for (int operators = 0; ; operators++) {
      Integer precedence = PRECEDENCE.get(in.peek().text());
      boolean operator = in.sees(Kind.SYMBOL) || in.sees(Kind.NAME);
      if (!operator || precedence == null || precedence < atLeast) {
        in.leave(operators);
        return left;
      }
      in.enter(); // whichever side it groups to, the tree is deeper by one
      SourceLocation at = in.at();
      String symbol = operator();
      // A power groups to the right, all others to the left.
      Expression right = binary(symbol.equals("**") ? precedence : precedence + 1);
      left = placed(new Expression.Binary(at, symbol, left, right), start);
    }
  }

  private String operator() {
    String symbol = in.next().text();
    if (symbol.equals("is") && in.accept("not")) {
      return "is not";
    }
    if (symbol.equals("not")) {
      in.expect("in");
      return "not in";
    }
    return symbol;
  }

  private Expression unary() {
    Token token = in.peek();
    if (!token.is("-") && !token.is("+") && !token.is("~") && !token.is("not")) {
      return postfix(token, atom());
    }
    return placed(signed(token), token.span().start());
  }

  private Expression signed(Token token) {
    in.next();
    in.enter();
    Expression operand = binary(token.is("not") ? NOT : SIGN);
    in.leave();
    if (token.is("-") && operand instanceof Expression.Int i) {
      return new Expression.Int(token.at(), -i.value());
    }
    if (token.is("-") && operand instanceof Expression.Real r) {
      return new Expression.Real(token.at(), -r.value());
    }
    return new Expression.Unary(token.at(), token.text(), operand);
  }

  /** Calls and the like begin where their first name does. */
  private Expression postfix(Token first, Expression value) {
    SourceLocation at = first.at();
    for (int steps = 0; ; steps++) {
      if (!in.sees(".") && !in.sees("(") && !in.sees("[")) {
        in.leave(steps);
        return value;
      }
      in.enter();
      if (in.accept(".")) {
        value = new Expression.Attribute(at, value, in.expect(Kind.NAME).text());
      } else if (in.accept("(")) {
        value = call(at, value);
      } else {
        in.expect("[");
        value = new Expression.Subscript(at, value, subscript());
        in.expect("]");
      }
      placed(value, first.span().start());
    }
  }

  private Expression call(SourceLocation at, Expression function) {
    List<Expression> arguments = new ArrayList<>();
    List<Keyword> keywords = new ArrayList<>();
    while (!in.accept(")")) {
      if (in.sees(Kind.NAME) && in.peek(1).is("=")) {
        String name = in.next().text();
        in.next();
        keywords.add(new Keyword(name, expression()));
      } else if (keywords.isEmpty()) {
        arguments.add(expression());
      } else {
        throw in.unexpected("a keyword argument after a keyword argument");
      }
      separator(")");
    }
    return new Expression.Call(at, function, arguments, keywords);
  }

  /** One index, range or, in {@code Tuple[()]} and {@code Dict[str, int]}, several. */
  private Expression subscript() {
    SourceLocation at = in.at();
    int start = in.start();
    List<Expression> items = new ArrayList<>();
    boolean comma = false;
    while (!in.sees("]")) {
      items.add(rangeOrExpression());
      if (!in.accept(",")) {
        break;
      }
      comma = true;
    }
    if (items.isEmpty()) {
      throw in.unexpected("an index");
    }
    return items.size() == 1 && !comma
        ? items.get(0)
        : placed(new Expression.TupleOf(at, items), start);
  }

  private Expression rangeOrExpression() {
    SourceLocation at = in.at();
    int start = in.start();
    Optional<Expression> lower = in.sees(":") ? Optional.empty() : Optional.of(expression());
    if (lower.isPresent() && !in.sees(":")) {
      return lower.get();
    }
    in.expect(":");
    Optional<Expression> upper = rangeEnd();
    Optional<Expression> step = in.accept(":") ? rangeEnd() : Optional.empty();
    return placed(new Expression.Range(at, lower, upper, step), start);
  }

  private Optional<Expression> rangeEnd() {
    return beginsExpression() ? Optional.of(expression()) : Optional.empty();
  }

  private Expression atom() {
    Token token = in.next();
    return token.kind() == Kind.SYMBOL
        ? bracketed(token)
        : placed(literalOrName(token), token.span().start());
  }

  private Expression literalOrName(Token token) {
    SourceLocation at = token.at();
    return switch (token.kind()) {
      case NAME -> name(token);
      case INTEGER -> new Expression.Int(at, integer(token));
      case FLOAT -> new Expression.Real(at, Double.parseDouble(token.text()));
      case COMPLEX -> new Expression.Imaginary(at, Double.parseDouble(token.text()));
      case STRING -> new Expression.Text(at, strings(token));
      default -> throw expressionExpected(token);
    };
  }

  private Expression name(Token token) {
    return switch (token.text()) {
      case "True" -> new Expression.Bool(token.at(), true);
      case "False" -> new Expression.Bool(token.at(), false);
      case "None" -> new Expression.None(token.at());
      case "if",
          "else",
          "for",
          "while",
          "return",
          "def",
          "class",
          "pass",
          "with",
          "import",
          "lambda" ->
          throw expressionExpected(token);
      default -> new Expression.Name(token.at(), token.text());
    };
  }

  private long integer(Token token) {
    try {
      // 2^63 occurs as the operand of a minus only, and -2^63 is its own negative.
      return token.text().equals("9223372036854775808")
          ? Long.MIN_VALUE
          : Long.parseLong(token.text());
    } catch (NumberFormatException e) {
      throw new Failure(
          ExitCode.BAD_INPUT,
          token.at() + ": the integer " + token.text() + " is no 64-bit number",
          e);
    }
  }

  /** Strings that stand side by side are one. */
  private String strings(Token first) {
    if (!in.sees(Kind.STRING)) {
      return first.text();
    }
    StringBuilder all = new StringBuilder(first.text());
    while (in.sees(Kind.STRING)) {
      all.append(in.next().text());
    }
    return all.toString();
  }

  private Expression bracketed(Token open) {
    in.enter();
    Expression value =
        switch (open.text()) {
          case "(" -> parenthesis(open);
          case "[" -> placed(list(open.at()), open.span().start());
          case "{" -> placed(dict(open.at()), open.span().start());
          default -> throw expressionExpected(open);
        };
    in.leave();
    return value;
  }

  private Expression parenthesis(Token open) {
    if (in.accept(")")) {
      return placed(new Expression.TupleOf(open.at(), List.of()), open.span().start());
    }
    Expression value = expressionOrTuple();
    in.expect(")");
    return value;
  }

  private Expression list(SourceLocation at) {
    List<Expression> items = new ArrayList<>();
    while (!in.accept("]")) {
      items.add(expression());
      if (items.size() == 1 && in.accept("for")) {
        Expression variable = postfix(in.peek(), atom());
        in.expect("in");
        Expression from = expression();
        in.expect("]");
        return new Expression.Comprehension(at, items.get(0), variable, from);
      }
      separator("]");
    }
    return new Expression.ListOf(at, items);
  }

  private Expression dict(SourceLocation at) {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!in.accept("}")) {
      keys.add(expression());
      in.expect(":");
      values.add(expression());
      separator("}");
    }
    return new Expression.DictOf(at, keys, values);
  }

  private void separator(String close) {
    if (!in.accept(",") && !in.sees(close)) {
      throw in.unexpected("',' or '" + close + "'");
    }
  }

  private static Failure expressionExpected(Token found) {
    return Failure.badInput("%s: expected an expression, found %s", found.at(), found.shown());
  }
}
