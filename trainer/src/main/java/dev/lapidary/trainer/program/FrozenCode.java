package dev.lapidary.trainer.program;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Attribute;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.Expression.Name;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.SourceFile;
import dev.lapidary.torchscript.script.StateDict;
import dev.lapidary.torchscript.script.Statement;
import dev.lapidary.torchscript.script.Syntax;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which code of a network gives the same for the same images all through a stage: it reads no
 * trained tensor, asks for no train mode, draws no random number, writes no attribute. A module
 * whose whole inside is in eval mode is trusted without a look at its text.
 */
final class FrozenCode {
  private static final Pattern RANDOM =
      Pattern.compile(
          ".*dropout.*|rand.*|bernoulli.*|normal_?|multinomial|.*rrelu.*|poisson|uniform_?|"
              + "exponential_?|empty.*|manual_seed");
  private static final String TRAINING = "training";

  private final TorchScriptArchive network;
  private final Program program;
  private final Map<String, SourceFile> sources = new HashMap<>();
  private final Set<PyObject> live = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Storage> trained = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<String> open = new HashSet<>();

  /** What a name stands for. */
  sealed interface Meaning {
    /**
     * @param path of attributes from the root; empty for the root
     */
    record Module(String path, PyObject object) implements Meaning {}

    /** Another attribute of a module: a tensor, a number, its mode. */
    record Attributed(String name, Optional<PyValue> value) implements Meaning {}

    record FunctionOf(String qualifiedName) implements Meaning {}

    /** A literal. */
    record Constant() implements Meaning {}

    /** What a computation gave. */
    record Computed() implements Meaning {}
  }

  /** Meanings by the names of variables. */
  static final class Scope {
    private final Map<String, Meaning> meanings = new HashMap<>();
    private final Optional<Meaning.Module> self;

    /**
     * @param name that the module has in a method
     */
    Scope(Meaning.Module self, String name) {
      this.self = Optional.of(self);
      meanings.put(name, self);
    }

    Scope(Meaning.Module self, Function method) {
      this(self, method.parameters().isEmpty() ? "self" : method.parameters().get(0).name());
    }

    Scope() {
      this.self = Optional.empty();
    }
  }

  /**
   * @param names of the parameters that are trained
   */
  FrozenCode(TorchScriptArchive network, Set<String> names) {
    this.network = network;
    this.program = new Program(network.code());
    List<StateDict.Entry> entries = StateDict.of(network, program).entries();
    entries.stream()
        .filter(entry -> names.contains(entry.name()))
        .forEach(entry -> trained.add(entry.tensor().storage()));
    ModuleTree modules = ModuleTree.of(network.root());
    List<String> parameters =
        NetworkTensors.distinct(entries).stream()
            .filter(entry -> entry.kind() == StateDict.Kind.PARAMETER)
            .map(StateDict.Entry::name)
            .toList();
    modules.training(parameters, names).forEach(node -> live.add(node.module()));
  }

  /** A method of a module. */
  Optional<Function> method(Meaning.Module module, String name) {
    String className = module.object().className();
    return program
        .find(className)
        .filter(ClassDef.class::isInstance)
        .map(unused -> source(module).definitions().get(Program.simpleName(className)))
        .map(type -> ((ClassDef) type).methods().get(name));
  }

  /** The file of a module's class. */
  SourceFile source(Meaning.Module module) {
    return sources.computeIfAbsent(
        Program.path(module.object().className()),
        file -> SourceFile.parse(file, Objects.requireNonNullElse(network.code().get(file), "")));
  }

  /** Whether a statement only names something; then its variable has that meaning from here on. */
  boolean isAlias(Statement statement, Scope scope) {
    if (statement instanceof Statement.Assign assign
        && assign.targets().size() == 1
        && !assign.unpack()
        && assign.targets().get(0) instanceof Name name) {
      Meaning meaning = meaning(assign.value(), scope);
      if (!(meaning instanceof Meaning.Computed)) {
        scope.meanings.put(name.id(), meaning);
        return true;
      }
    }
    return false;
  }

  /** Whether a statement gives the same all through the stage, if what it reads does. */
  boolean isFrozen(Statement statement, Scope scope) {
    if (isAlias(statement, scope)) {
      return true;
    }
    boolean[] frozen = {statement.targets().stream().noneMatch(Attribute.class::isInstance)};
    // A nested block's own names become known on the way in.
    statement.inner().forEach(inner -> frozen[0] &= isFrozen(inner, scope));
    Syntax.walk(statement, part -> frozen[0] = frozen[0] && isFrozen(part, scope));
    return frozen[0];
  }

  /** Whether a statement works with tensors of a module. */
  boolean usesTensors(Statement statement, Scope scope) {
    boolean[] uses = {false};
    Meaning self = scope.self.orElseThrow();
    Syntax.walk(statement, part -> uses[0] |= isWeighty(meaning(part, scope), self));
    return uses[0];
  }

  private static boolean isWeighty(Meaning meaning, Meaning self) {
    return meaning instanceof Meaning.Module module
        ? !module.equals(self) && holds(module.object(), tensor -> true)
        : meaning instanceof Meaning.Attributed attributed
            && attributed.value().filter(PyTensor.class::isInstance).isPresent();
  }

  Meaning meaning(Expression expression, Scope scope) {
    if (expression instanceof Name name) {
      return scope.meanings.getOrDefault(name.id(), new Meaning.Computed());
    }
    if (expression instanceof Attribute attribute) {
      Optional<String> dotted = attribute.dottedName().filter(n -> n.startsWith("__torch__."));
      return dotted.isPresent()
          ? new Meaning.FunctionOf(dotted.get())
          : attributeOf(meaning(attribute.object(), scope), attribute.name());
    }
    if (expression instanceof Call call
        && call.function() instanceof Name name
        && name.id().equals("getattr")
        && call.arguments().size() == 2
        && call.arguments().get(1) instanceof Expression.Text text) {
      return attributeOf(meaning(call.arguments().get(0), scope), text.value());
    }
    boolean literal =
        expression instanceof Expression.Text
            || expression instanceof Expression.Int
            || expression instanceof Expression.Real
            || expression instanceof Expression.Bool;
    return literal ? new Meaning.Constant() : new Meaning.Computed();
  }

  private static Meaning attributeOf(Meaning object, String name) {
    if (!(object instanceof Meaning.Module module)) {
      return new Meaning.Computed();
    }
    PyValue value = module.object().attributes().get(name);
    String path = module.path().isEmpty() ? name : module.path() + "." + name;
    return value instanceof PyObject child
        ? new Meaning.Module(path, child)
        : new Meaning.Attributed(name, Optional.ofNullable(value));
  }

  private boolean isFrozen(Expression part, Scope scope) {
    if (part instanceof Call call) {
      return isFrozenCall(call, scope);
    }
    return !(meaning(part, scope) instanceof Meaning.Attributed attributed)
        || (!attributed.name().equals(TRAINING)
            && attributed.value().filter(this::isTrained).isEmpty());
  }

  private boolean isFrozenCall(Call call, Scope scope) {
    if (isOperator(call)) {
      return !isRandom(call);
    }
    if (call.function() instanceof Attribute attribute
        && meaning(attribute.object(), scope) instanceof Meaning.Module module) {
      if (!isLive(module.object())) {
        return true;
      }
      boolean own = scope.self.filter(module::equals).isPresent();
      if (!own && holds(module.object(), this::isTrained)) {
        return false;
      }
    }
    boolean ofLanguage = // int, annotate, getattr and the like
        call.function() instanceof Name
            && !(meaning(call.function(), scope) instanceof Meaning.FunctionOf);
    return ofLanguage || callee(call, scope).filter(this::isFrozenBody).isPresent();
  }

  /** Whether a call is of one of libtorch's operators. */
  private static boolean isOperator(Call call) {
    String name = call.function().dottedName().orElse("");
    return name.startsWith("torch.") || name.startsWith("ops.");
  }

  /** Whether a call is of an operator that may draw random numbers. */
  static boolean isRandom(Call call) {
    return isOperator(call)
        && call.function() instanceof Attribute operator
        && RANDOM.matcher(operator.name()).matches();
  }

  /**
   * A method or function of the network.
   *
   * @param key its name, for a method with the module
   * @param scope that its body begins with
   */
  record Callee(String key, Function function, Scope scope) {}

  /** What a call calls; empty if that is no code of the network's. */
  Optional<Callee> callee(Call call, Scope scope) {
    if (meaning(call.function(), scope) instanceof Meaning.FunctionOf called) {
      String name = called.qualifiedName();
      return program
          .find(name)
          .filter(Function.class::isInstance)
          .map(function -> new Callee(name, (Function) function, new Scope()));
    }
    if (call.function() instanceof Attribute attribute
        && meaning(attribute.object(), scope) instanceof Meaning.Module module) {
      String key = module.path() + " " + attribute.name();
      return method(module, attribute.name()).map(m -> new Callee(key, m, new Scope(module, m)));
    }
    return Optional.empty();
  }

  private boolean isFrozenBody(Callee callee) {
    if (!open.add(callee.key())) {
      return false; // it calls itself
    }
    boolean frozen =
        callee.function().body().stream().allMatch(part -> isFrozen(part, callee.scope()));
    open.remove(callee.key());
    return frozen;
  }

  private boolean isTrained(PyValue value) {
    return value instanceof PyTensor tensor && trained.contains(tensor.tensor().storage());
  }

  private boolean isLive(PyObject object) {
    return live.contains(object)
        || object.attributes().values().stream()
            .anyMatch(value -> value instanceof PyObject child && isLive(child));
  }

  private static boolean holds(PyObject object, Predicate<PyTensor> wanted) {
    return object.attributes().values().stream()
        .anyMatch(
            value ->
                value instanceof PyTensor tensor
                    ? wanted.test(tensor)
                    : value instanceof PyObject child && holds(child, wanted));
  }
}
