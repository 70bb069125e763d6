package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Attribute;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import dev.lapidary.trainer.program.FrozenCode.Meaning;
import dev.lapidary.trainer.program.FrozenCode.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Which code of a network may draw random numbers while it trains. */
final class RandomCode {
  private final FrozenCode code;

  /** By function; false while one is looked at, so that one that calls itself comes to an end. */
  private final Map<String, Boolean> known = new HashMap<>();

  RandomCode(FrozenCode code) {
    this.code = code;
  }

  boolean mayDraw(Statement statement, Scope scope) {
    if (code.isAlias(statement, scope)) {
      return false;
    }
    boolean[] draws = {false};
    statement.inner().forEach(inner -> draws[0] |= mayDraw(inner, scope));
    Syntax.walk(statement, part -> draws[0] |= part instanceof Call call && mayDraw(call, scope));
    return draws[0];
  }

  private boolean mayDraw(Call call, Scope scope) {
    Expression function = call.function();
    Optional<Meaning> meaning = code.meaning(function, scope);
    if (meaning.orElse(new Meaning.Constant()) instanceof Meaning.FunctionOf called) {
      String name = called.qualifiedName();
      return code.function(name).filter(f -> mayDraw(name, f, new Scope())).isPresent();
    }
    if (!(function instanceof Attribute attribute)) {
      return false; // int, annotate, getattr and the like
    }
    String dotted = function.dottedName().orElse("");
    if (dotted.startsWith("torch.") || dotted.startsWith("ops.")) {
      return FrozenCode.RANDOM.matcher(attribute.name()).matches();
    }
    return code.meaning(attribute.object(), scope).orElse(new Meaning.Constant())
            instanceof Meaning.Module module
        && code.method(module, attribute.name())
            .filter(m -> mayDraw(module.path() + " " + attribute.name(), m, new Scope(module, m)))
            .isPresent();
  }

  private boolean mayDraw(String key, Function function, Scope scope) {
    Boolean found = known.putIfAbsent(key, false);
    if (found == null) {
      found = function.body().stream().anyMatch(statement -> mayDraw(statement, scope));
      known.put(key, found);
    }
    return found;
  }
}
