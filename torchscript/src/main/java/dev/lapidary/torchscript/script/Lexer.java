package dev.lapidary.torchscript.script;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Splits TorchScript text into tokens, indentation into INDENT and DEDENT. Scope: the tokens of
 * {@code torch/csrc/jit/frontend/lexer.h} that a printer writes, and those of versions 1 and 2.
 */
final class Lexer {
  /** Longest first, so that the first that fits is the right one. */
  private static final List<String> SYMBOLS =
      List.of(
          "**", "//", "->", "==", "!=", "<=", ">=", "<<", ">>", "+=", "-=", "*=", "/=", "(", ")",
          "[", "]", "{", "}", ",", ":", ".", "=", "+", "-", "*", "/", "%", "<", ">", "&", "|", "^",
          "~", "@", ";");

  private final String file;
  private final String text;
  private final ScriptLimits limits;
  private final List<Token> tokens = new ArrayList<>();
  private final Deque<Integer> indents = new ArrayDeque<>(List.of(0));
  private int position;
  private int line = 1;
  private int lineStart;
  private int brackets;

  private Lexer(String file, String text, ScriptLimits limits) {
    this.file = file;
    this.text = text;
    this.limits = limits;
  }

  /** The tokens of a file, END last. */
  static List<Token> tokens(String file, String text, ScriptLimits limits) {
    if (text.length() > limits.characters()) {
      throw Failure.badInput(
          "%s: %d characters of code, more than the limit of %d",
          file, text.length(), limits.characters());
    }
    return new Lexer(file, text, limits).run();
  }

  private List<Token> run() {
    boolean lineBegins = true;
    while (position < text.length()) {
      if (lineBegins && brackets == 0 && !indentation()) {
        continue;
      }
      lineBegins = next();
    }
    if (brackets == 0) {
      if (!tokens.isEmpty() && tokens.get(tokens.size() - 1).kind() != Kind.NEWLINE) {
        add(Kind.NEWLINE, "", position);
      }
      closeBlocks(0);
    }
    add(Kind.END, "", position);
    return tokens;
  }

  /** Reads a line's leading spaces; false if the line holds nothing and has been skipped. */
  private boolean indentation() {
    int start = position;
    while (position < text.length() && isBlank(text.charAt(position))) {
      position++;
    }
    if (position == text.length()) {
      return false;
    }
    char first = text.charAt(position);
    if (first == '\n' || first == '#') {
      skipComment();
      newLine();
      return false;
    }
    int width = position - start;
    if (width > indents.getFirst()) {
      indents.push(width);
      add(Kind.INDENT, "", position);
    } else {
      closeBlocks(width);
    }
    return true;
  }

  private void closeBlocks(int width) {
    while (indents.getFirst() > width) {
      indents.pop();
      add(Kind.DEDENT, "", position);
    }
    if (indents.getFirst() != width) {
      throw error("the indentation of %d spaces fits no open block".formatted(width));
    }
  }

  /** Reads one token or blank; true if a new line begins. */
  private boolean next() {
    char c = text.charAt(position);
    if (isBlank(c)) {
      position++;
    } else if (c == '#') {
      skipComment();
    } else if (c == '\n') {
      if (brackets == 0) {
        add(Kind.NEWLINE, "", position);
      }
      newLine();
      return true;
    } else if (c == '\\' && position + 1 < text.length() && text.charAt(position + 1) == '\n') {
      position++;
      newLine();
    } else if (Character.isJavaIdentifierStart(c) && c != '$') {
      name();
    } else if (isDigit(c) || (c == '.' && isDigit(peek(1)))) {
      number();
    } else if (c == '"' || c == '\'') {
      string(c);
    } else {
      symbol();
    }
    return false;
  }

  private void name() {
    int start = position;
    while (position < text.length() && isNamePart(text.charAt(position))) {
      position++;
    }
    add(Kind.NAME, text.substring(start, position), start);
  }

  private void number() {
    int start = position;
    skipDigits();
    boolean real = false;
    if (peek(0) == '.') {
      real = true;
      position++;
      skipDigits();
    }
    if (peek(0) == 'e' || peek(0) == 'E') {
      real = true;
      position += peek(1) == '-' || peek(1) == '+' ? 2 : 1;
      if (!isDigit(peek(0))) {
        throw error("a number without the digits of its exponent");
      }
      skipDigits();
    }
    String digits = text.substring(start, position);
    if (peek(0) == 'j') {
      position++;
      add(Kind.COMPLEX, digits, start);
    } else {
      add(real ? Kind.FLOAT : Kind.INTEGER, digits, start);
    }
  }

  private void skipDigits() {
    while (isDigit(peek(0))) {
      position++;
    }
  }

  private void string(char quote) {
    int start = position;
    QuotedText value = new QuotedText();
    position++;
    while (peek(0) != quote) {
      if (position >= text.length() || peek(0) == '\n') {
        throw error("a string that begins at column " + at(start).column() + " does not end");
      }
      if (peek(0) == '\\') {
        int length = value.escape(text, position);
        if (length == 0) {
          throw error("an unknown escape in a string");
        }
        position += length;
      } else {
        value.add(text.codePointAt(position));
        position += Character.charCount(text.codePointAt(position));
      }
    }
    position++;
    add(Kind.STRING, value.text(), start);
  }

  private void symbol() {
    for (String symbol : SYMBOLS) {
      if (text.startsWith(symbol, position)) {
        position += symbol.length();
        add(Kind.SYMBOL, symbol, position - symbol.length());
        if ("([{".contains(symbol)) {
          brackets++;
        } else if (")]}".contains(symbol)) {
          brackets = Math.max(0, brackets - 1);
        }
        return;
      }
    }
    throw error("the character U+%04X begins no token".formatted((int) text.charAt(position)));
  }

  private void skipComment() {
    while (position < text.length() && text.charAt(position) != '\n') {
      position++;
    }
  }

  private void newLine() {
    position++;
    line++;
    lineStart = position;
  }

  private void add(Kind kind, String value, int start) {
    SourceLocation at = at(start);
    if (tokens.size() >= limits.tokens()) {
      throw Failure.badInput("%s: more than the limit of %d tokens", at, limits.tokens());
    }
    tokens.add(new Token(kind, value, at, new Span(start, position)));
  }

  /** Of a place in this line. */
  private SourceLocation at(int place) {
    return new SourceLocation(file, line, place - lineStart + 1);
  }

  private Failure error(String message) {
    return Failure.badInput("%s: %s", at(position), message);
  }

  private char peek(int ahead) {
    return position + ahead < text.length() ? text.charAt(position + ahead) : '\0';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
  }

  private static boolean isNamePart(char c) {
    return Character.isJavaIdentifierPart(c) && c != '$' && c != '\0';
  }
}
