package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.List;

/** A place in a file's tokens, and how deep the parser is. */
final class TokenReader {
  private final List<Token> tokens;
  private final int maxDepth;
  private int position;
  private int depth;
  private int end;

  TokenReader(List<Token> tokens, int maxDepth) {
    this.tokens = tokens;
    this.maxDepth = maxDepth;
  }

  Token peek() {
    return tokens.get(position);
  }

  Token peek(int ahead) {
    return tokens.get(Math.min(position + ahead, tokens.size() - 1));
  }

  SourceLocation at() {
    return peek().at();
  }

  /** Where the next token begins. */
  int start() {
    return peek().span().start();
  }

  /** Where the last one that is no layout ended. */
  int end() {
    return end;
  }

  Token next() {
    Token token = peek();
    if (token.kind() != Kind.END) {
      position++;
    }
    if (!token.isLayout()) {
      end = token.span().end();
    }
    return token;
  }

  boolean sees(String symbolOrKeyword) {
    return peek().is(symbolOrKeyword);
  }

  boolean sees(Kind kind) {
    return peek().kind() == kind;
  }

  boolean accept(String symbolOrKeyword) {
    boolean is = sees(symbolOrKeyword);
    if (is) {
      next();
    }
    return is;
  }

  /** A comma, or nothing before the bracket that closes. */
  void separator(String close) {
    if (!accept(",") && !sees(close)) {
      throw unexpected("',' or '" + close + "'");
    }
  }

  Token expect(String symbolOrKeyword) {
    if (!sees(symbolOrKeyword)) {
      throw unexpected("'" + symbolOrKeyword + "'");
    }
    return next();
  }

  Token expect(Kind kind) {
    if (!sees(kind)) {
      throw unexpected(kind.title());
    }
    return next();
  }

  Failure unexpected(String expected) {
    return Failure.badInput("%s: expected %s, found %s", at(), expected, peek().shown());
  }

  void enter() {
    if (++depth > maxDepth) {
      throw Failure.badInput("%s: nested deeper than the limit of %d", at(), maxDepth);
    }
  }

  void leave() {
    leave(1);
  }

  void leave(int levels) {
    depth -= levels;
  }
}
