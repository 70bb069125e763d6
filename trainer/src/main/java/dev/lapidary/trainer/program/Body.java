package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.script.Expression.Attribute;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.Printer;
import dev.lapidary.torchscript.script.SourceFile;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import dev.lapidary.trainer.program.FrozenCode.Meaning;
import dev.lapidary.trainer.program.FrozenCode.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The body of a module's method from one tensor to one tensor, with what its lines name: where it
 * can be divided, and the text of a part of it.
 */
final class Body {
  /** Operators whose result can be nothing but a tensor. */
  private static final Set<String> GIVE_TENSORS =
      Set.of(
          """
          torch.relu torch.relu_ torch.relu6 torch.hardtanh_ torch.hardswish_ torch.silu
          torch.silu_ torch.gelu torch.flatten torch.max_pool2d torch.avg_pool2d
          torch.adaptive_avg_pool2d torch.cat torch.mean torch.permute torch.reshape torch.view
          torch.select torch.batch_norm torch.layer_norm torch.contiguous
          """
              .split("\\s+"));

  private static final int SHOWN = 60;

  /** Of a method's statements in a class. */
  private static final int INDENT = 4;

  private final Meaning.Module module;
  private final FrozenCode code;
  private final StraightLine text;
  private final SourceFile source;
  private final Scope scope;
  private final List<Boolean> aliases = new ArrayList<>();

  private Body(Meaning.Module module, FrozenCode code, StraightLine text, SourceFile source) {
    this.module = module;
    this.code = code;
    this.text = text;
    this.source = source;
    this.scope = new Scope(module, text.self());
    text.statements().forEach(statement -> aliases.add(code.isAlias(statement, scope)));
  }

  /** Empty if the method has another form. */
  static Optional<Body> of(FrozenCode code, Meaning.Module module, String method) {
    return code.method(module, method)
        .flatMap(StraightLine::of)
        .map(text -> new Body(module, code, text, code.source(module)));
  }

  /**
   * A line that only calls a submodule with one tensor.
   *
   * @param input the variable that goes in
   * @param target the variable that gets its result
   */
  record ModuleCall(Meaning.Module module, String method, String input, String target) {}

  Scope scope() {
    return scope;
  }

  String className() {
    return module.object().className();
  }

  /** The name of the tensor that comes in. */
  String parameter() {
    return text.parameter();
  }

  int size() {
    return text.statements().size();
  }

  Statement statement(int line) {
    return text.statements().get(line);
  }

  /** Whether a line only gives something a name. */
  boolean isAlias(int line) {
    return aliases.get(line);
  }

  Optional<ModuleCall> moduleCall(int line) {
    if (statement(line) instanceof Statement.Assign assign
        && assign.targets().get(0) instanceof Name target
        && assign.value() instanceof Call call
        && call.function() instanceof Attribute attribute
        && call.arguments().size() == 1
        && call.keywords().isEmpty()
        && call.arguments().get(0) instanceof Name input
        && code.meaning(attribute.object(), scope) instanceof Meaning.Module child) {
      return Optional.of(new ModuleCall(child, attribute.name(), input.id(), target.id()));
    }
    return Optional.empty();
  }

  /** The one tensor that crosses the index before a line; empty if more does, or something else. */
  Optional<String> crossingTensor(int index) {
    Set<String> all = crossing(index);
    return all.stream().filter(name -> all.size() == 1 && isTensor(name, index)).findFirst();
  }

  /** Variables that are computed before a place, or come in, and are read after it. */
  Set<String> crossing(int index) {
    Set<String> computed = new HashSet<>(Set.of(text.parameter()));
    for (int i = 0; i < index; i++) {
      if (!aliases.get(i)) {
        computed.addAll(Syntax.writes(statement(i)));
      }
    }
    Set<String> read = new HashSet<>();
    for (int i = index; i < size(); i++) {
      read.addAll(Syntax.reads(statement(i)));
    }
    computed.retainAll(read);
    return computed;
  }

  private boolean isTensor(String variable, int index) {
    for (int i = index - 1; i >= 0; i--) {
      Statement statement = statement(i);
      if (Syntax.writes(statement).contains(variable)) {
        return statement instanceof Statement.Assign assign
            && !assign.unpack()
            && assign.value() instanceof Call call
            && givesTensor(call);
      }
    }
    return false;
  }

  /** Whether a call's result is certainly a tensor. */
  private boolean givesTensor(Call call) {
    return code.callee(call, scope)
        .map(callee -> StraightLine.isTensor(callee.function().returns()))
        .orElseGet(() -> call.function().dottedName().filter(GIVE_TENSORS::contains).isPresent());
  }

  List<String> texts(int from, int to) {
    return text.statements().subList(from, to).stream().map(Body::printed).toList();
  }

  /** Without the first line's indentation. */
  private static String printed(Statement statement) {
    return Printer.print(statement, INDENT).strip();
  }

  /** What a part that begins at a place needs to know again. */
  List<String> aliasTexts(int index) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < index; i++) {
      if (aliases.get(i)) {
        texts.add(printed(statement(i)));
      }
    }
    return texts;
  }

  /** A method of this class from one tensor to one tensor. */
  String method(String name, String parameter, List<String> lines) {
    return "  def %s(%s: %s, %s: Tensor) -> Tensor:\n    %s\n"
        .formatted(name, text.self(), className(), parameter, String.join("\n    ", lines));
  }

  /** An expression for a module below this one, or for this one. */
  String path(Meaning.Module child) {
    String relative = child.path().substring(module.path().length());
    return ProgramText.attribute(text.self(), relative);
  }

  /** The first step from a place on: its module's path, or its text. */
  String shown(int index) {
    for (int i = index; i < size(); i++) {
      if (aliases.get(i)) {
        continue;
      }
      if (statement(i) instanceof Statement.Assign assign
          && assign.value() instanceof Call call
          && call.function() instanceof Attribute attribute
          && code.meaning(attribute.object(), scope) instanceof Meaning.Module child
          && !child.path().isEmpty()) {
        return child.path();
      }
      String line = source.text(statement(i)).lines().findFirst().orElse("");
      return "'" + (line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line) + "'";
    }
    return "the end";
  }
}
