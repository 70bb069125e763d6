package dev.lapidary.torchscript.script;

import dev.lapidary.torchscript.script.Expression.Keyword;
import java.util.List;
import java.util.Locale;

/** Writes expressions, with the brackets that their operators need. */
final class ExpressionPrinter {
  /** What stands in a call, a list or behind an equals sign. */
  static final int ANY = 0;

  private static final int NUMBER = 13;
  private static final int CLOSED = 14;

  private final StringBuilder out;

  ExpressionPrinter(StringBuilder out) {
    this.out = out;
  }

  /**
   * @param atLeast how tight what is around binds; what binds less gets brackets
   */
  void print(Expression expression, int atLeast) {
    boolean brackets = tightness(expression) < atLeast;
    out.append(brackets ? "(" : "");
    write(expression);
    out.append(brackets ? ")" : "");
  }

  private static int tightness(Expression expression) {
    if (expression instanceof Expression.Conditional || expression instanceof Expression.Range) {
      return ANY;
    }
    if (expression instanceof Expression.Binary binary) {
      return precedence(binary.operator());
    }
    if (expression instanceof Expression.Unary unary) {
      return unary.operator().equals("not") ? Precedence.NOT : Precedence.SIGN;
    }
    if (expression instanceof Expression.Int i) {
      return i.value() < 0 ? Precedence.SIGN : NUMBER;
    }
    if (expression instanceof Expression.Real real) {
      return Double.compare(real.value(), 0) < 0 ? Precedence.SIGN : NUMBER;
    }
    return expression instanceof Expression.Imaginary ? NUMBER : CLOSED;
  }

  /** Of {@code is not} and {@code not in} it is that of their first word. */
  private static int precedence(String operator) {
    return Precedence.of(operator.split(" ", 2)[0]);
  }

  private void write(Expression expression) {
    if (expression instanceof Expression.Name name) {
      out.append(name.id());
    } else if (expression instanceof Expression.Attribute attribute) {
      print(attribute.object(), CLOSED);
      out.append('.').append(attribute.name());
    } else if (expression instanceof Expression.Call call) {
      write(call);
    } else if (expression instanceof Expression.Subscript subscript) {
      print(subscript.object(), CLOSED);
      out.append('[');
      index(subscript.index());
      out.append(']');
    } else if (expression instanceof Expression.ListOf list) {
      between("[", list.items(), "]");
    } else if (expression instanceof Expression.TupleOf tuple) {
      between("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")");
    } else if (expression instanceof Expression.DictOf dict) {
      write(dict);
    } else if (expression instanceof Expression.Comprehension all) {
      write(all);
    } else if (expression instanceof Expression.Range range) {
      write(range);
    } else if (!literal(expression)) {
      operation(expression);
    }
  }

  private boolean literal(Expression expression) {
    if (expression instanceof Expression.Int i) {
      out.append(i.value());
    } else if (expression instanceof Expression.Real real) {
      out.append(number(real.value()));
    } else if (expression instanceof Expression.Imaginary imaginary) {
      out.append(number(imaginary.value())).append('j');
    } else if (expression instanceof Expression.Text text) {
      out.append(QuotedText.of(text.value()));
    } else if (expression instanceof Expression.Bool bool) {
      out.append(bool.value() ? "True" : "False");
    } else if (expression instanceof Expression.None) {
      out.append("None");
    } else {
      return false;
    }
    return true;
  }

  /** A literal too great for a double is infinite, and so is this one. */
  private static String number(double value) {
    return Double.isInfinite(value)
        ? (value > 0 ? "1.0e999" : "-1.0e999")
        : Double.toString(value).toLowerCase(Locale.ROOT);
  }

  private void operation(Expression expression) {
    if (expression instanceof Expression.Unary unary) {
      int tightness = tightness(unary);
      out.append(unary.operator()).append(unary.operator().equals("not") ? " " : "");
      print(unary.operand(), tightness);
    } else if (expression instanceof Expression.Binary binary) {
      int tightness = tightness(binary);
      boolean power = binary.operator().equals("**"); // the only one that groups to the right
      print(binary.left(), power ? tightness + 1 : tightness);
      out.append(' ').append(binary.operator()).append(' ');
      print(binary.right(), power ? tightness : tightness + 1);
    } else if (expression instanceof Expression.Conditional choice) {
      print(choice.then(), 1);
      out.append(" if ");
      print(choice.condition(), 1);
      out.append(" else ");
      print(choice.otherwise(), ANY);
    }
  }

  private void write(Expression.Call call) {
    print(call.function(), CLOSED);
    out.append('(');
    list(call.arguments());
    String between = call.arguments().isEmpty() ? "" : ", ";
    for (Keyword keyword : call.keywords()) {
      out.append(between).append(keyword.name()).append('=');
      print(keyword.value(), ANY);
      between = ", ";
    }
    out.append(')');
  }

  /** A tuple is written without its brackets: {@code Dict[str, int]}. */
  private void index(Expression index) {
    if (index instanceof Expression.TupleOf several && !several.items().isEmpty()) {
      list(several.items());
      out.append(several.items().size() == 1 ? "," : "");
    } else {
      print(index, ANY);
    }
  }

  private void write(Expression.Range range) {
    range.lower().ifPresent(lower -> print(lower, ANY));
    out.append(':');
    range.upper().ifPresent(upper -> print(upper, ANY));
    range.step().ifPresent(step -> out.append(':'));
    range.step().ifPresent(step -> print(step, ANY));
  }

  private void write(Expression.DictOf dict) {
    out.append('{');
    for (int i = 0; i < dict.keys().size(); i++) {
      out.append(i == 0 ? "" : ", ");
      print(dict.keys().get(i), ANY);
      out.append(": ");
      print(dict.values().get(i), ANY);
    }
    out.append('}');
  }

  private void write(Expression.Comprehension all) {
    out.append('[');
    print(all.element(), ANY);
    out.append(" for ");
    print(all.variable(), NUMBER);
    out.append(" in ");
    print(all.items(), ANY);
    out.append(']');
  }

  private void between(String open, List<Expression> items, String close) {
    out.append(open);
    list(items);
    out.append(close);
  }

  void list(List<Expression> items) {
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      print(items.get(i), ANY);
    }
  }
}
