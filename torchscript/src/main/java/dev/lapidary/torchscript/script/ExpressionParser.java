package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Expression.Keyword;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Parses expressions: what {@code torch/csrc/jit/serialization/python_print.cpp} writes (calls,
 * subscripts, literals), and Python's operators, which versions 1 and 2 wrote.
 */
final class ExpressionParser {
  private final TokenReader in;
  private final Spans spans;
  private final Literals literals;

  ExpressionParser(TokenReader in, Spans spans) {
    this.in = in;
    this.spans = spans;
    this.literals = new Literals(in);
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
      int precedence = Precedence.of(in.peek().text());
      boolean operator = in.sees(Kind.SYMBOL) || in.sees(Kind.NAME);
      if (!operator || precedence < atLeast) {
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
    Expression operand = binary(token.is("not") ? Precedence.NOT : Precedence.SIGN);
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
      in.separator(")");
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
        : placed(literals.read(token), token.span().start());
  }

  private Expression bracketed(Token open) {
    in.enter();
    Expression value =
        switch (open.text()) {
          case "(" -> parenthesis(open);
          case "[" -> placed(list(open.at()), open.span().start());
          case "{" -> placed(dict(open.at()), open.span().start());
          default -> throw Literals.expressionExpected(open);
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
      in.separator("]");
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
      in.separator("}");
    }
    return new Expression.DictOf(at, keys, values);
  }
}
