package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Changes to a file, each at the place of a node of its syntax tree. Only what is changed is
 * printed ({@link Printer}); all other text stays letter by letter. Places must not overlap.
 */
public final class SourceEdit {
  private final SourceFile file;
  private final List<Change> changes = new ArrayList<>();

  private record Change(Span span, String text) {}

  public SourceEdit(SourceFile file) {
    this.file = file;
  }

  /** Brackets are added where the new expression needs them and the old one did not. */
  public void replace(Expression old, Expression changed) {
    String text = Printer.print(changed);
    boolean closed = changed instanceof Expression.Call || changed.dottedName().isPresent();
    boolean literal = changed instanceof Expression.Text || changed instanceof Expression.Bool;
    change(file.span(old), closed || literal ? text : "(" + text + ")");
  }

  /**
   * Replaces each expression of a definition that {@code change} gives another for; its parts are
   * asked first, and any of them maybe several times.
   */
  public void replaceAll(Definition definition, UnaryOperator<Expression> change) {
    for (Expression expression : Syntax.expressions(definition)) {
      replaceIn(expression, change);
    }
  }

  /** As little as possible: the node that is another, or those inside that are. */
  private void replaceIn(Expression old, UnaryOperator<Expression> change) {
    Expression same = withParts(old, change);
    Expression changed = change.apply(same);
    if (changed != same) {
      replace(old, changed);
    } else if (same != old) {
      old.parts().forEach(part -> replaceIn(part, change));
    }
  }

  /** The parts of the parts first; the same expression if no part is another. */
  private static Expression withParts(Expression old, UnaryOperator<Expression> change) {
    boolean[] same = {true};
    Expression changed =
        old.with(
            part -> {
              Expression now = change.apply(withParts(part, change));
              same[0] &= now == part;
              return now;
            });
    return same[0] ? old : changed;
  }

  /**
   * Replaces a qualified name wherever it stands alone: {@code a.b} is no part of {@code a.b.c}.
   */
  public void replaceName(Definition definition, String old, String changed) {
    Syntax.expressions(definition).forEach(expression -> replaceName(expression, old, changed));
  }

  private void replaceName(Expression expression, String old, String changed) {
    Optional<String> name = expression.dottedName();
    if (name.isEmpty()) {
      expression.parts().forEach(part -> replaceName(part, old, changed));
    } else if (name.get().equals(old)) {
      replace(expression, Expression.dotted(expression.at(), changed));
    }
  }

  /** Puts statements on lines of their own before one. */
  public void before(Statement statement, List<Statement> added) {
    int start = file.span(statement).start();
    int line = file.text().lastIndexOf('\n', start - 1) + 1;
    StringBuilder lines = new StringBuilder();
    added.forEach(one -> lines.append(Printer.print(one, start - line)));
    change(new Span(line, line), lines.toString());
  }

  /** Gives a class another name; where it is called by the old one stays. */
  public void rename(ClassDef type, String name) {
    int start = file.text().indexOf(type.name(), file.span(type).start() + "class".length());
    change(new Span(start, start + type.name().length()), name);
  }

  /** Puts methods at a class's end. */
  public void add(ClassDef type, Collection<Function> methods) {
    Span span = file.span(type);
    int line = file.text().indexOf('\n', span.end());
    int end = line < 0 ? file.text().length() : line + 1;
    StringBuilder lines = new StringBuilder(line < 0 ? "\n" : "");
    int indent = indentOfMembers(type);
    methods.forEach(method -> lines.append(Printer.print(method, indent)));
    change(new Span(end, end), lines.toString());
  }

  /** The changed text. */
  public String apply() {
    return apply(new Span(0, file.text().length()));
  }

  /** The changed text of one definition, with the end of its last line. */
  public String apply(Definition definition) {
    return apply(file.span(definition)) + "\n";
  }

  private String apply(Span part) {
    List<Change> ordered = new ArrayList<>(changes);
    ordered.sort(Comparator.comparingInt(c -> c.span().start())); // stable: as they were asked for
    StringBuilder text = new StringBuilder();
    int done = part.start();
    for (Change change : ordered) {
      if (change.span().start() < done) {
        throw new IllegalStateException("two changes at " + change.span());
      }
      text.append(file.text(), done, change.span().start()).append(change.text());
      done = change.span().end();
    }
    return text.append(file.text(), done, part.end()).toString();
  }

  private void change(Span span, String text) {
    changes.add(new Change(span, text));
  }

  private int indentOfMembers(ClassDef type) {
    if (type.methods().isEmpty()) {
      return 2;
    }
    int start = file.span(type.methods().values().iterator().next()).start();
    return start - (file.text().lastIndexOf('\n', start - 1) + 1);
  }
}
