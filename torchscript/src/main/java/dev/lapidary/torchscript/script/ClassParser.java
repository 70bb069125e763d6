package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Parses a class: {@code __parameters__}, {@code __buffers__}, attributes with their types, {@code
 * Final} constants, enum constants, methods.
 */
final class ClassParser {
  private final TokenReader in;
  private final Parser functions;
  private final ExpressionParser expressions;

  private List<String> parameters = List.of();
  private Optional<List<String>> buffers = Optional.empty();
  private final Map<String, Expression> attributes = new LinkedHashMap<>();
  private final Map<String, Expression> constants = new LinkedHashMap<>();
  private final Map<String, Function> methods = new LinkedHashMap<>();

  ClassParser(TokenReader in, Parser functions, ExpressionParser expressions) {
    this.in = in;
    this.functions = functions;
    this.expressions = expressions;
  }

  ClassDef parse() {
    in.expect("class");
    Token name = in.expect(Kind.NAME);
    String base = "";
    if (in.accept("(")) {
      base = in.sees(")") ? "" : in.expect(Kind.NAME).text();
      in.expect(")");
    }
    in.expect(":");
    in.expect(Kind.NEWLINE);
    in.expect(Kind.INDENT);
    while (!in.sees(Kind.DEDENT)) {
      member();
    }
    in.next();
    return new ClassDef(
        name.at(), name.text(), base, parameters, buffers, attributes, constants, methods);
  }

  private void member() {
    if (in.sees("def")) {
      method();
      return;
    }
    Token name = in.sees(Kind.STRING) ? in.next() : in.expect(Kind.NAME);
    switch (name.text()) {
      case "pass" -> {}
      case "__parameters__" -> parameters = names();
      case "__buffers__" -> buffers = Optional.of(names());
      case "__annotations__" -> annotation();
      default -> attribute(name);
    }
    in.expect(Kind.NEWLINE);
  }

  private void method() {
    Function method = functions.function();
    if (methods.put(method.name(), method) != null) {
      throw Failure.badInput("%s: method %s is defined twice", method.at(), method.name());
    }
  }

  private List<String> names() {
    in.expect("=");
    in.expect("[");
    List<String> names = new ArrayList<>();
    while (!in.accept("]")) {
      names.add(in.expect(Kind.STRING).text());
      in.separator("]");
    }
    return names;
  }

  /** {@code __annotations__ = []}, or {@code __annotations__["0"] = Type}. */
  private void annotation() {
    if (in.accept("=")) {
      in.expect("[");
      in.expect("]");
      return;
    }
    in.expect("[");
    String name = in.expect(Kind.STRING).text();
    in.expect("]");
    in.expect("=");
    attributes.put(name, expressions.expression());
  }

  /** {@code a : T}, {@code a : Final[T] = v}, {@code A = v}. */
  private void attribute(Token name) {
    if (in.accept(":")) {
      attributes.put(name.text(), expressions.expression());
    } else if (!in.sees("=")) {
      throw in.unexpected("':' or '='");
    }
    if (in.accept("=")) {
      constants.put(name.text(), expressions.expressionOrTuple());
    }
  }
}
