package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.ExportNode.Frame;
import dev.lapidary.torchscript.pt2.ExportNode.Output;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An exported program as a TorchScript archive: a statement a node, in order. What a node's {@code
 * nn_module_stack} says becomes the tree of modules, as tracing would have written it: consecutive
 * nodes of one call are a method of that module, which takes what they read from outside and
 * returns what is read behind them.
 */
final class ProgramPrinter {
  private static final int VERSION = 10;
  private static final Set<String> DROPPING = Set.of("StochasticDepth", "DropPath");

  private final ExportedProgram program;
  private final List<ExportNode> nodes;
  private final Numbers numbers;
  private final PrintedModule root = new PrintedModule("");
  private final Map<String, ValueType> types = new HashMap<>();
  private final Map<String, Integer> lastUse = new HashMap<>();
  private final Map<String, String> constants = new LinkedHashMap<>();

  private ProgramPrinter(ExportedProgram program) {
    this.program = program;
    List<ExportNode> used = UsedNodes.of(program);
    this.nodes = used.stream().filter(node -> !Numbers.is(node)).toList();
    this.numbers = Numbers.of(program, used);
  }

  static TorchScriptArchive print(
      ExportedProgram program, String name, SortedMap<String, byte[]> extra) {
    ExportedProgram plain =
        SharedFactors.written(StridedViews.written(DecomposedQuantization.written(program)));
    return new ProgramPrinter(plain).print(name, extra);
  }

  private TorchScriptArchive print(String name, SortedMap<String, byte[]> extra) {
    index();
    root.isOf(program.rootType());
    program
        .tensors()
        .forEach(
            (path, held) -> {
              List<String> parts = List.of(path.split("\\."));
              module(parts.subList(0, parts.size() - 1)).hold(parts.get(parts.size() - 1), held);
            });
    MethodText text = new MethodText();
    text.parameter(program.input().name(), ValueType.TENSOR);
    print(root, text, 0, 0, nodes.size());
    List<Output> outputs = program.result().outputs();
    if (outputs.stream().anyMatch(output -> type(output.name()) != ValueType.TENSOR)) {
      throw Failure.unsupported("forward returns a number beside its tensors");
    }
    outputs.forEach(output -> reach(root, text, output.name()));
    List<String> keys = program.result().keys();
    root.method(keys.isEmpty() ? text.returning(outputs) : text.returning(outputs, keys));
    root.ambiguous()
        .ifPresent(
            path -> {
              throw Failure.badInput(
                  "%s is a tensor and a module; the file is damaged", Quote.of(path));
            });
    PrintedClasses classes = new PrintedClasses();
    PyObject object = root.print(classes);
    return new TorchScriptArchive(
        name,
        VERSION,
        new TreeMap<>(Map.of(PrintedClasses.PATH, classes.text())),
        object,
        constants.keySet().stream().<PyValue>map(c -> program.known(c).orElseThrow()).toList(),
        extra);
  }

  private void index() {
    program.state().keySet().forEach(name -> types.put(name, ValueType.TENSOR));
    program.constants().keySet().forEach(name -> types.put(name, ValueType.TENSOR));
    types.put(program.input().name(), ValueType.TENSOR);
    numbers.types(types);
    for (int i = 0; i < nodes.size(); i++) {
      int at = i;
      nodes.get(i).refs(name -> numbers.tensors(name, tensor -> lastUse.put(tensor, at)));
      nodes.get(i).outputs().forEach(output -> types.put(output.name(), output.type()));
    }
    program.result().outputs().forEach(output -> lastUse.put(output.name(), nodes.size()));
  }

  private PrintedModule module(List<String> path) {
    PrintedModule module = root;
    for (String part : path) {
      module = module.part(part);
    }
    return module;
  }

  /** Prints the nodes from..to, all of one call of a module, into its method. */
  private void print(PrintedModule module, MethodText text, int level, int from, int to) {
    int at = from;
    while (at < to) {
      List<Frame> stack = nodes.get(at).stack();
      if (stack.size() <= level) {
        statement(module, text, nodes.get(at));
        at++;
      } else {
        int end = at + 1;
        while (end < to && isIn(stack.get(level), nodes.get(end), level)) {
          end++;
        }
        call(module, text, stack.get(level), level, at, end);
        at = end;
      }
    }
  }

  private static boolean isIn(Frame frame, ExportNode node, int level) {
    return node.stack().size() > level && node.stack().get(level).equals(frame);
  }

  /** Prints the nodes from..to as a method of another module, and the call of it. */
  private void call(
      PrintedModule module, MethodText text, Frame frame, int level, int from, int to) {
    PrintedModule part = module(List.of(frame.path().split("\\.")));
    part.isOf(frame.type());
    List<String> inputs = inputs(part, from, to);
    MethodText inner = new MethodText();
    inputs.forEach(input -> inner.parameter(input, type(input)));
    print(part, inner, level + 1, from, to);
    List<Output> outputs = outputs(from, to);
    boolean drops = isStochasticDepth(frame, from, to, inputs, outputs);
    String method =
        part.method(
            drops ? inner.inTraining(outputs.get(0), inputs.get(0)) : inner.returning(outputs));
    inputs.forEach(input -> reach(module, text, input));
    StringBuilder arguments = new StringBuilder();
    inputs.forEach(input -> arguments.append(text.local(input)).append(", "));
    List<String> below = below(module, frame.path());
    String owner = text.attribute(below);
    String results = results(text, outputs, below.get(below.size() - 1));
    text.statement("%s = (%s).%s(%s)".formatted(results, owner, method, arguments).strip());
  }

  private static String results(MethodText text, List<Output> outputs, String like) {
    List<String> locals = new ArrayList<>();
    for (Output output : outputs) {
      locals.add(text.define(output.name(), ModulePaths.local(like) + "_out"));
    }
    return locals.size() == 1 ? locals.get(0) : String.join(", ", locals) + ",";
  }

  /**
   * What was exported in train mode draws which samples go around a block. torchvision and timm
   * have a module for that, which does nothing in eval mode.
   */
  private boolean isStochasticDepth(
      Frame frame, int from, int to, List<String> inputs, List<Output> outputs) {
    return DROPPING.contains(frame.type())
        && inputs.size() == 1
        && outputs.size() == 1
        && type(inputs.get(0)) == ValueType.TENSOR
        && outputs.get(0).type() == ValueType.TENSOR
        && nodes.subList(from, to).stream()
            .anyMatch(node -> node.target().startsWith(Targets.ATEN + "bernoulli_."));
  }

  /** What the nodes read that neither they compute nor the module holds. */
  private List<String> inputs(PrintedModule module, int from, int to) {
    Set<String> computed = new HashSet<>();
    Set<String> inputs = new LinkedHashSet<>();
    Set<String> sizes = new LinkedHashSet<>();
    for (int i = from; i < to; i++) {
      nodes
          .get(i)
          .refs(
              name -> {
                if (numbers.isNumber(name)) {
                  sizes.addAll(numbers.sizes(name));
                } else if (isOutside(module, name, computed)) {
                  inputs.add(name);
                }
              });
      nodes.get(i).outputs().forEach(output -> computed.add(output.name()));
    }
    computed.addAll(inputs);
    Set<String> known = new LinkedHashSet<>(inputs);
    sizes.stream()
        .filter(size -> !computed.contains(numbers.tensor(size)))
        .filter(size -> numbers.at(size, known::contains, known).isEmpty())
        .forEach(inputs::add);
    return List.copyOf(inputs);
  }

  private boolean isOutside(PrintedModule module, String name, Set<String> computed) {
    return !isHeld(module, name)
        && !program.constants().containsKey(name)
        && !computed.contains(name);
  }

  /** What the nodes compute and is read behind them; a method returns something in any case. */
  private List<Output> outputs(int from, int to) {
    List<Output> outputs = new ArrayList<>();
    for (int i = from; i < to; i++) {
      for (Output output : nodes.get(i).outputs()) {
        if (lastUse.getOrDefault(output.name(), 0) >= to) {
          outputs.add(output);
        }
      }
    }
    return outputs.isEmpty() ? List.of(nodes.get(to - 1).outputs().get(0)) : outputs;
  }

  private boolean isHeld(PrintedModule module, String name) {
    String path = program.state().get(name);
    return path != null && (module.path().isEmpty() || path.startsWith(module.path() + "."));
  }

  private ValueType type(String name) {
    return types.getOrDefault(name, ValueType.TENSOR);
  }

  private static List<String> below(PrintedModule module, String path) {
    int start = module.path().isEmpty() ? 0 : module.path().length() + 1;
    return List.of(path.substring(start).split("\\."));
  }

  /** Makes a value known in the method: its attribute is fetched, or its constant named. */
  private void reach(PrintedModule module, MethodText text, String name) {
    if (text.isDefined(name)) {
      return;
    }
    if (program.constants().containsKey(name)) {
      text.stands(
          name, constants.computeIfAbsent(name, unused -> "CONSTANTS.c" + constants.size()));
    } else if (isHeld(module, name)) {
      String path = program.state().getOrDefault(name, "");
      text.stands(name, text.attribute(below(module, path)));
    } else if (numbers.isNumber(name)) {
      number(module, text, name);
    }
  }

  /** A number is computed where it is read, of a tensor that is there: it costs nothing. */
  private void number(PrintedModule module, MethodText text, String name) {
    Optional<Numbers.Size> size =
        numbers.sizes(name).contains(name)
            ? numbers.at(name, text::isDefined, text.given())
            : Optional.empty();
    if (size.isPresent()) {
      String of = text.local(size.get().tensor());
      String local = text.define(name, "size");
      text.statement(
          size.get().dimension() < 0
              ? "%s = torch.numel(%s)".formatted(local, of)
              : "%s = torch.size(%s, %d)".formatted(local, of, size.get().dimension()));
    } else {
      statement(module, text, numbers.node(name));
    }
  }

  private void statement(PrintedModule module, MethodText text, ExportNode node) {
    node.refs(name -> reach(module, text, name));
    if (counts(node)) {
      text.statement("if self.training:");
      text.statement("  " + assignment(text, node));
      text.statement("else:");
      text.statement("  pass");
    } else {
      text.statement(assignment(text, node));
    }
  }

  /** What a BatchNorm that was exported in train mode counts its batches by. */
  private boolean counts(ExportNode node) {
    return node.target().startsWith(Targets.ATEN + "add_.")
        && node.inputs().get(0).argument() instanceof ExportArgument.Ref self
        && program.state().getOrDefault(self.name(), "").endsWith("num_batches_tracked")
        && !lastUse.containsKey(node.outputs().get(0).name());
  }

  private String assignment(MethodText text, ExportNode node) {
    CallText.Call call = new CallText(types, text::local).of(node);
    List<String> locals = new ArrayList<>();
    for (int i = 0; i < call.results(); i++) {
      boolean named = i < node.outputs().size();
      String value = named ? node.outputs().get(i).name() : "\0unused" + i;
      locals.add(text.define(value, call.name()));
    }
    for (int i = call.results(); i < node.outputs().size(); i++) {
      if (lastUse.containsKey(node.outputs().get(i).name())) {
        throw Failure.unsupported(
            "%s: its result %d is read, only the first is supported",
            Quote.of(node.target()), i + 1);
      }
    }
    boolean several = locals.size() > 1 || call.isList();
    return String.join(", ", locals) + (several ? "," : "") + " = " + call.text();
  }
}
