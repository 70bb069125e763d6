package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Definition.Parameter;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Writes a syntax tree as text, which {@link Parser} reads as the same tree and libtorch as the
 * same program: one statement a line, two spaces a block, strings and classes as {@code
 * torch/csrc/jit/serialization/python_print.cpp} writes them, numbers with the digits that they
 * need. What is no part of the tree is lost: comments, line breaks inside of brackets, brackets
 * that change nothing, {@code import} lines. To change a text and keep the rest of it, see {@link
 * SourceEdit}.
 */
public final class Printer {
  /** Words that mean something else where an attribute's name could be. */
  private static final Set<String> TAKEN =
      Set.of("def", "pass", "class", "__parameters__", "__buffers__", "__annotations__");

  private final StringBuilder out = new StringBuilder();
  private final ExpressionPrinter expressions = new ExpressionPrinter(out);

  private Printer() {}

  /** On one line. */
  public static String print(Expression expression) {
    Printer printer = new Printer();
    printer.any(expression);
    return printer.out.toString();
  }

  /** Lines, each with its end. */
  public static String print(Statement statement, int indent) {
    Printer printer = new Printer();
    printer.statement(statement, indent);
    return printer.out.toString();
  }

  /** Lines, each with its end. */
  public static String print(Definition definition, int indent) {
    Printer printer = new Printer();
    if (definition instanceof Function function) {
      printer.function(function, indent);
    } else {
      printer.type((ClassDef) definition, indent);
    }
    return printer.out.toString();
  }

  /** A file. */
  public static String print(Collection<Definition> definitions) {
    StringBuilder file = new StringBuilder();
    definitions.forEach(definition -> file.append(print(definition, 0)));
    return file.toString();
  }

  /** A string literal, in ASCII. */
  public static String quoted(String text) {
    return QuotedText.of(text);
  }

  private void any(Expression expression) {
    expressions.print(expression, ExpressionPrinter.ANY);
  }

  private void begin(int indent, String words) {
    out.append(" ".repeat(indent)).append(words);
  }

  private void statement(Statement statement, int indent) {
    if (statement instanceof Statement.If branch) {
      head("if ", branch.condition(), indent);
      block(branch.then(), indent);
      if (!branch.otherwise().isEmpty()) {
        begin(indent, "else:\n");
        block(branch.otherwise(), indent);
      }
    } else if (statement instanceof Statement.For loop) {
      begin(indent, "for ");
      expressions.list(loop.targets());
      head(" in ", loop.items(), 0);
      block(loop.inner(), indent);
    } else if (statement instanceof Statement.While loop) {
      head("while ", loop.condition(), indent);
      block(loop.inner(), indent);
    } else if (statement instanceof Statement.With with) {
      begin(indent, "with ");
      any(with.context());
      with.target().ifPresent(target -> out.append(" as "));
      with.target().ifPresent(this::any);
      out.append(":\n");
      block(with.inner(), indent);
    } else if (statement instanceof Statement.Define define) {
      function(define.function(), indent);
    } else {
      begin(indent, "");
      line(statement);
      out.append('\n');
    }
  }

  private void head(String words, Expression expression, int indent) {
    begin(indent, words);
    any(expression);
    out.append(":\n");
  }

  private void block(List<Statement> body, int indent) {
    if (body.isEmpty()) {
      begin(indent + 2, "pass\n");
    }
    body.forEach(statement -> statement(statement, indent + 2));
  }

  private void line(Statement statement) {
    if (statement instanceof Statement.Assign assign) {
      targets(assign);
      assign.type().ifPresent(type -> out.append(" : "));
      assign.type().ifPresent(this::any);
      out.append(" = ");
      any(assign.value());
    } else if (statement instanceof Statement.Update update) {
      any(update.target());
      out.append(' ').append(update.operator()).append("= ");
      any(update.value());
    } else if (statement instanceof Statement.Evaluate evaluate) {
      any(evaluate.expression());
    } else if (statement instanceof Statement.Return end) {
      out.append("return");
      end.value().ifPresent(value -> out.append(' '));
      end.value().ifPresent(this::any);
    } else {
      out.append("pass");
    }
  }

  private void targets(Statement.Assign assign) {
    if (assign.unpack() && assign.targets().isEmpty()) {
      out.append("()");
    }
    expressions.list(assign.targets());
    out.append(assign.unpack() && !assign.targets().isEmpty() ? "," : "");
  }

  private void function(Function function, int indent) {
    begin(indent, "def " + function.name() + "(");
    String between = "";
    boolean star = false;
    for (Parameter parameter : function.parameters()) {
      if (parameter.keywordOnly() && !star) {
        out.append(between).append("*");
        between = ",\n    ";
        star = true;
      }
      out.append(between).append(parameter.name());
      parameter.type().ifPresent(type -> out.append(": "));
      parameter.type().ifPresent(this::any);
      parameter.defaultValue().ifPresent(value -> out.append('='));
      parameter.defaultValue().ifPresent(this::any);
      between = ",\n    ";
    }
    out.append(')');
    function.returns().ifPresent(type -> out.append(" -> "));
    function.returns().ifPresent(this::any);
    out.append(":\n");
    block(function.body(), indent);
  }

  private void type(ClassDef type, int indent) {
    begin(indent, "class " + type.name());
    out.append(type.base().isEmpty() ? "" : "(" + type.base() + ")").append(":\n");
    int empty = out.length();
    if (type.isModule() || !type.parameters().isEmpty()) {
      begin(indent + 2, "__parameters__ = " + names(type.parameters()));
    }
    type.buffers().ifPresent(names -> begin(indent + 2, "__buffers__ = " + names(names)));
    Set<String> members = new LinkedHashSet<>(type.attributes().keySet());
    members.addAll(type.constants().keySet());
    members.forEach(name -> member(type, name, indent + 2));
    type.methods().values().forEach(method -> function(method, indent + 2));
    if (out.length() == empty) {
      begin(indent + 2, "pass\n");
    }
  }

  private static String names(List<String> names) {
    StringBuilder list = new StringBuilder("[");
    names.forEach(name -> list.append(quoted(name)).append(", "));
    return list.append("]\n").toString();
  }

  private void member(ClassDef type, String name, int indent) {
    Optional<Expression> declared = Optional.ofNullable(type.attributes().get(name));
    Optional<Expression> value = Optional.ofNullable(type.constants().get(name));
    boolean plain = Identifiers.is(name) && !TAKEN.contains(name);
    begin(indent, "");
    if (declared.isPresent() && value.isEmpty() && !plain) {
      out.append("__annotations__[").append(quoted(name)).append("] = ");
      any(declared.get());
    } else {
      out.append(plain ? name : quoted(name));
      declared.ifPresent(declaration -> out.append(" : "));
      declared.ifPresent(this::any);
      value.ifPresent(constant -> out.append(" = "));
      value.ifPresent(this::any);
    }
    out.append('\n');
  }
}
