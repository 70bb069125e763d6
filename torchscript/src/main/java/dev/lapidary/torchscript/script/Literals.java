package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.Set;

/** Expressions of one token, or of several strings side by side: literals and names. */
final class Literals {
  private static final Set<String> NO_NAMES =
      Set.of(
          "if", "else", "for", "while", "return", "def", "class", "pass", "with", "import",
          "lambda");

  private final TokenReader in;

  Literals(TokenReader in) {
    this.in = in;
  }

  /**
   * @param token that was read last
   */
  Expression read(Token token) {
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
      default -> {
        if (NO_NAMES.contains(token.text())) {
          throw expressionExpected(token);
        }
        yield new Expression.Name(token.at(), token.text());
      }
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
    StringBuilder all = new StringBuilder(first.text());
    while (in.sees(Kind.STRING)) {
      all.append(in.next().text());
    }
    return all.toString();
  }

  static Failure expressionExpected(Token found) {
    return Failure.badInput("%s: expected an expression, found %s", found.at(), found.shown());
  }
}
