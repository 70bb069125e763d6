package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Keyword;
import dev.lapidary.torchscript.script.Printer;
import dev.lapidary.torchscript.trace.call.Schemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A call without the arguments that its operator got in a newer PyTorch, where they ask for nothing
 * new: {@code None} or {@code False}, as PyTorch's rules for new arguments want their defaults.
 *
 * @param description of what was left out: {@code the argument new=None of aten::relu}
 */
record NewerArguments(Call older, String description) {

  /** Empty if the operator is not known, or no argument can be left out. */
  static Optional<NewerArguments> of(Call call) {
    String operator = CallSite.operator(call);
    List<Schema> overloads = Schemas.all().getOrDefault(operator, List.of());
    if (overloads.isEmpty()) {
      return Optional.empty();
    }
    List<String> left = new ArrayList<>();
    List<Expression> arguments = new ArrayList<>(call.arguments());
    while (arguments.size() > Schemas.positionals(overloads)
        && isNeutral(arguments.get(arguments.size() - 1))) {
      Expression last = arguments.remove(arguments.size() - 1);
      left.add(0, "%s at place %d".formatted(Printer.print(last), arguments.size() + 1));
    }
    List<Keyword> keywords = new ArrayList<>(call.keywords());
    for (Keyword keyword : call.keywords()) {
      if (!Schemas.names(overloads).contains(keyword.name()) && isNeutral(keyword.value())) {
        keywords.remove(keyword);
        left.add(keyword.name() + "=" + Printer.print(keyword.value()));
      }
    }
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new NewerArguments(
                new Call(call.at(), call.function(), arguments, keywords),
                "the argument " + String.join(", ", left) + " of " + operator));
  }

  private static boolean isNeutral(Expression argument) {
    return argument instanceof Expression.None
        || (argument instanceof Expression.Bool bool && !bool.value());
  }
}
