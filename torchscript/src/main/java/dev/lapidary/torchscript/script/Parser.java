package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Parses a file of TorchScript's code: the grammar that {@code
 * torch/csrc/jit/serialization/python_print.cpp} writes and {@code import_source.cpp} reads. Every
 * refusal begins with {@code file:line:column}.
 */
public final class Parser {
  private final TokenReader in;
  private final Spans spans;
  private final ExpressionParser expressions;

  private Parser(TokenReader in, Spans spans) {
    this.in = in;
    this.spans = spans;
    this.expressions = new ExpressionParser(in, spans);
  }

  /** The definitions of a file, by name, in the file's order. */
  public static Map<String, Definition> parse(String file, String text, ScriptLimits limits) {
    return parse(file, text, limits, Spans.none());
  }

  /** The same; of each node the place is kept. */
  static Map<String, Definition> parse(String file, String text, ScriptLimits limits, Spans spans) {
    List<Token> tokens = Lexer.tokens(file, text, limits);
    return new Parser(new TokenReader(tokens, limits.depth()), spans).file();
  }

  private Map<String, Definition> file() {
    Map<String, Definition> definitions = new LinkedHashMap<>();
    while (!in.sees(Kind.END)) {
      if (in.sees("class")) {
        int start = in.start();
        Definition type = new ClassParser(in, this, expressions).parse();
        put(definitions, spans.put(type, start, in.end()));
      } else if (in.sees("def")) {
        put(definitions, function());
      } else if (in.sees("op_version_set") || in.sees("import")) {
        skipLine();
      } else {
        throw in.unexpected("'class' or 'def'");
      }
    }
    return definitions;
  }

  private static void put(Map<String, Definition> definitions, Definition definition) {
    if (definitions.put(definition.name(), definition) != null) {
      throw Failure.badInput("%s: %s is defined twice", definition.at(), definition.name());
    }
  }

  private void skipLine() {
    while (!in.sees(Kind.NEWLINE) && !in.sees(Kind.END)) {
      in.next();
    }
    in.next();
  }

  Definition.Function function() {
    int start = in.start();
    in.expect("def");
    Token name = in.expect(Kind.NAME);
    in.expect("(");
    List<Definition.Parameter> parameters = new ArrayList<>();
    boolean keywordOnly = false;
    while (!in.accept(")")) {
      if (in.accept("*")) {
        keywordOnly = true;
      } else {
        parameters.add(parameter(keywordOnly));
      }
      in.separator(")");
    }
    Optional<Expression> returns = behind("->");
    Definition.Function function =
        new Definition.Function(name.at(), name.text(), parameters, returns, block());
    TypeSizes.check(function);
    return spans.put(function, start, in.end());
  }

  private Definition.Parameter parameter(boolean keywordOnly) {
    String name = in.expect(Kind.NAME).text();
    return new Definition.Parameter(name, behind(":"), behind("="), keywordOnly);
  }

  private Optional<Expression> behind(String symbol) {
    return in.accept(symbol) ? Optional.of(expressions.expression()) : Optional.empty();
  }

  private List<Statement> block() {
    in.expect(":");
    in.expect(Kind.NEWLINE);
    in.expect(Kind.INDENT);
    in.enter();
    List<Statement> statements = new ArrayList<>();
    while (!in.sees(Kind.DEDENT)) {
      statements.add(statement());
    }
    in.next();
    in.leave();
    return statements;
  }

  private Statement statement() {
    int start = in.start();
    return spans.put(read(), start, in.end());
  }

  private Statement read() {
    Token token = in.peek();
    return switch (token.kind() == Kind.NAME ? token.text() : "") {
      case "if" -> branch();
      case "for" -> forLoop();
      case "while" -> whileLoop();
      case "with" -> with();
      case "def" -> new Statement.Define(token.at(), function());
      default -> line(token);
    };
  }

  private Statement line(Token token) {
    Statement simple = simple(token);
    in.expect(Kind.NEWLINE);
    return simple;
  }

  private Statement simple(Token token) {
    if (in.accept("pass")) {
      return new Statement.Pass(token.at());
    }
    if (in.accept("return")) {
      return new Statement.Return(
          token.at(),
          in.sees(Kind.NEWLINE) ? Optional.empty() : Optional.of(expressions.expressionOrTuple()));
    }
    return assignment(token.at());
  }

  private Statement assignment(SourceLocation at) {
    Expression target = expressions.expressionOrTuple();
    Optional<Expression> type = behind(":");
    if (type.isPresent() && !in.sees("=")) {
      throw in.unexpected("'='");
    }
    if (in.accept("=")) {
      Expression value = expressions.expressionOrTuple();
      if (target instanceof Expression.TupleOf tuple) {
        return new Statement.Assign(at, tuple.items(), true, type, value);
      }
      return new Statement.Assign(at, List.of(target), false, type, value);
    }
    for (String operator : List.of("+", "-", "*", "/")) {
      if (in.accept(operator + "=")) {
        return new Statement.Update(at, target, operator, expressions.expressionOrTuple());
      }
    }
    return new Statement.Evaluate(at, target);
  }

  private Statement branch() {
    SourceLocation at = in.next().at();
    Expression condition = expressions.expression();
    List<Statement> then = block();
    List<Statement> otherwise = List.of();
    if (in.sees("elif")) {
      in.enter();
      int start = in.start();
      otherwise = List.of(spans.put(branch(), start, in.end()));
      in.leave();
    } else if (in.accept("else")) {
      otherwise = block();
    }
    return new Statement.If(at, condition, then, otherwise);
  }

  private Statement forLoop() {
    SourceLocation at = in.next().at();
    List<Expression> targets = new ArrayList<>();
    do {
      targets.add(new Expression.Name(in.at(), in.expect(Kind.NAME).text()));
    } while (in.accept(",") && !in.sees("in"));
    in.expect("in");
    Expression items = expressions.expressionOrTuple();
    return new Statement.For(at, targets, items, block());
  }

  private Statement whileLoop() {
    SourceLocation at = in.next().at();
    Expression condition = expressions.expression();
    return new Statement.While(at, condition, block());
  }

  private Statement with() {
    SourceLocation at = in.next().at();
    Expression context = expressions.expression();
    return new Statement.With(at, context, behind("as"), block());
  }
}
