package dev.lapidary.exporter.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.NearNames;
import dev.lapidary.exporter.lower.Lowerings;
import dev.lapidary.torchscript.pt2.NodeNames;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Parameters;

/** {@code exporter ops}. */
@Command(
    name = "ops",
    description = {
      "Lists the aten operators that can be exported, one a line; or says of those that are named",
      "which source file traces each, and which one lowers it to ONNX. Nodes of a .pt2 that are",
      "written as others are listed by their targets: torch.ops.aten.native_layer_norm."
    })
final class OpsCommand extends ProgramCommand {
  private static final String ATEN = "aten::";

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      showDefaultValue = Visibility.NEVER,
      description = "an operator: hstack, aten::relu_, quantized::conv2d")
  private List<String> names = new ArrayList<>();

  @Override
  public Integer call() {
    PrintWriter out = out();
    Set<String> known = Tracer.operators();
    if (names.isEmpty()) {
      known.forEach(out::println);
      NodeNames.all().keySet().forEach(out::println);
      return 0;
    }
    List<String> operators = names.stream().map(name -> resolved(name, known)).toList();
    for (String operator : operators) {
      out.println(operator);
      if (NodeNames.all().containsKey(operator)) {
        out.println("  printed of a .pt2: as " + NodeNames.all().get(operator));
        continue;
      }
      out.println("  traced:  " + Tracer.source(operator).orElseThrow());
      Optional<Class<?>> lowering = Lowerings.family(operator);
      out.println(
          "  lowered: "
              + lowering
                  .map(OpsCommand::file)
                  .orElse("as the operators that it is made of, or as a constant"));
    }
    return 0;
  }

  /** With its namespace; an in-place form ({@code relu_}) is the operator that it is made of. */
  private static String resolved(String name, Set<String> known) {
    String full = name.contains("::") ? name : ATEN + name;
    if (known.contains(full)) {
      return full;
    }
    for (String node : List.of(name, "torch.ops.aten." + name, withoutOverload(name))) {
      if (NodeNames.all().containsKey(node)) {
        return node;
      }
    }
    String functional = full.endsWith("_") ? full.substring(0, full.length() - 1) : full;
    if (full.startsWith(ATEN) && known.contains(functional)) {
      return functional;
    }
    throw Failure.badInput(
        "ops %s: none of the %d operators that 'exporter ops' lists%s",
        name,
        known.size(),
        NearNames.hint(bare(full), known.stream().map(OpsCommand::bare).toList()));
  }

  /** {@code torch.ops.aten.native_layer_norm.default} as a refusal or PyTorch writes it. */
  private static String withoutOverload(String target) {
    return target.startsWith("torch.ops.") ? target.replaceFirst("\\.\\w+$", "") : target;
  }

  private static String bare(String operator) {
    return operator.startsWith(ATEN) ? operator.substring(ATEN.length()) : operator;
  }

  /** A class's source, from the root of the project. */
  private static String file(Class<?> type) {
    String name = type.getName();
    String module = name.split("\\.", -1)[2];
    return module + "/src/main/java/" + name.replace('.', '/') + ".java";
  }
}
