package dev.lapidary.torchscript.trace;

import dev.lapidary.core.file.ResourceText;
import dev.lapidary.torchscript.graph.Schema.Parameter;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.SourceFile;
import dev.lapidary.torchscript.trace.call.Dispatcher;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.interpreter.Interpreter;
import dev.lapidary.torchscript.trace.interpreter.Names;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Operators that PyTorch defines by others, as text: {@code decompositions.py}. A function has an
 * operator's name, behind {@code complex_} where it takes complex tensors, and parameters of the
 * names that the operator's overloads have.
 */
final class Decompositions {
  /** In this package's folder of resources. */
  static final String FILE = "decompositions.py";

  /** Where an archive's code would have it. */
  static final String PATH = "__torch__/" + FILE;

  private static final String TEXT = ResourceText.of(Decompositions.class, FILE);
  private static final Map<String, Definition> FUNCTIONS =
      SourceFile.parse(PATH, TEXT).definitions();

  private final Dispatcher dispatcher;
  private final Interpreter interpreter;

  Decompositions(Dispatcher dispatcher) {
    Program program = new Program(Map.of(PATH, TEXT));
    this.dispatcher = dispatcher;
    this.interpreter = new Interpreter(Names.ofDecompositions(program), dispatcher);
  }

  /** Names of the functions, by name; a name is an operator's without {@code aten::}. */
  static Map<String, Definition> functions() {
    return FUNCTIONS;
  }

  IValue call(String name, Invocation call) {
    Map<String, IValue> arguments = new HashMap<>();
    List<Parameter> parameters = call.schema().parameters();
    for (int i = 0; i < parameters.size(); i++) {
      arguments.put(parameters.get(i).name(), call.arguments().get(i));
    }
    Definition.Function definition =
        (Definition.Function) Objects.requireNonNull(FUNCTIONS.get(name), name);
    dispatcher.recorder().enterDecomposition();
    IValue.Function function = new IValue.Function(definition, Map.of());
    IValue value = interpreter.call(function, List.of(), arguments);
    dispatcher.recorder().leaveDecomposition();
    return value;
  }
}
