package dev.lapidary.pytorch.libtorch;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.graph.SourceLocation;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.script.Syntax;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An archive's program, read before libtorch compiles it. Of the operators that libtorch has (4415
 * schemas of PyTorch 2.15, by {@code torch._C._jit_get_all_schemas}) these reach out of the
 * process: {@code aten::save} and {@code aten::from_file}, which write and map any file, {@code
 * prim::rpc_*}, and the namespaces of distributed training. No classifier needs one, so whoever has
 * one is refused, also where it would never run.
 *
 * @param network the class of the module itself
 */
record ArchiveText(Program program, Set<String> files, Definition.ClassDef network) {
  private static final Set<String> OUTSIDE = Set.of("save", "from_file");
  private static final String REMOTE = "rpc_";
  private static final Set<String> NAMESPACES =
      Set.of("aten", "prim", "quantized", "_quantized", "quantization", "profiler", "torchvision");
  private static final Pattern FOREIGN_CLASS =
      Pattern.compile("(.*\\.)?torch\\.classes\\.(?!quantized(\\.|$)).*");
  private static final String USUAL_INPUT = "input";

  /**
   * @throws Failure (exit 2) if it cannot be read
   */
  static ArchiveText of(TorchScriptArchive archive) {
    Program program = new Program(archive.code());
    return new ArchiveText(
        program, archive.code().keySet(), program.requireClass(archive.root().className()));
  }

  /** What {@code forward} calls its first argument. */
  String input() {
    Definition.Function forward = network.methods().get("forward");
    return forward == null || forward.parameters().size() < 2
        ? USUAL_INPUT
        : forward.parameters().get(1).name();
  }

  /**
   * @throws Failure (exit 4) naming the first call that reaches out of the process
   */
  void requireOfInference(String fileName) {
    for (String file : files) {
      for (Definition definition : program.definitions(file).values()) {
        for (Expression expression : Syntax.expressions(definition)) {
          Syntax.walk(expression, each -> requireInside(each, fileName));
        }
      }
    }
  }

  private static void requireInside(Expression expression, String fileName) {
    if (expression instanceof Expression.Attribute attribute) {
      requireInside(attribute, fileName);
    } else if (expression instanceof Expression.Name name && name.id().startsWith(REMOTE)) {
      throw outside(fileName, name.at(), name.id());
    } else if (expression instanceof Expression.Call call) {
      requireInside(call, fileName);
    }
  }

  private static void requireInside(Expression.Attribute attribute, String fileName) {
    String name = attribute.name();
    boolean namespace =
        attribute.object() instanceof Expression.Name object && object.id().equals("ops");
    String whole = attribute.dottedName().orElse(name);
    if (isOutside(name)
        || (namespace && !NAMESPACES.contains(name))
        || FOREIGN_CLASS.matcher(whole).matches()) {
      throw outside(fileName, attribute.at(), whole);
    }
  }

  /** {@code getattr(torch, "save")} is {@code torch.save}. */
  private static void requireInside(Expression.Call call, String fileName) {
    boolean byName =
        call.function() instanceof Expression.Name function && function.id().equals("getattr");
    List<Expression> arguments = call.arguments();
    if (byName
        && arguments.size() > 1
        && (isNamespace(arguments.get(0))
            || (arguments.get(1) instanceof Expression.Text text && isOutside(text.value())))) {
      throw outside(fileName, call.at(), "getattr");
    }
  }

  private static boolean isNamespace(Expression expression) {
    return expression
        .dottedName()
        .filter(name -> name.equals("torch") || name.equals("ops") || name.startsWith("ops."))
        .isPresent();
  }

  private static boolean isOutside(String name) {
    return OUTSIDE.contains(name) || name.startsWith(REMOTE);
  }

  private static Failure outside(String fileName, SourceLocation at, String name) {
    return Failure.unsupported(
        "[%s] %s: its program has %s, which may reach files or other machines, expected what"
            + " inference needs; a server runs no such program: save the network without it",
        fileName, at, name);
  }
}
