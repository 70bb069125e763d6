package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import dev.lapidary.trainer.program.FrozenCode.Callee;
import dev.lapidary.trainer.program.FrozenCode.Scope;
import java.util.HashMap;
import java.util.Map;

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
    return FrozenCode.isRandom(call) || code.callee(call, scope).filter(this::mayDraw).isPresent();
  }

  private boolean mayDraw(Callee callee) {
    Boolean found = known.putIfAbsent(callee.key(), false);
    if (found == null) {
      found = callee.function().body().stream().anyMatch(part -> mayDraw(part, callee.scope()));
      known.put(callee.key(), found);
    }
    return found;
  }
}
