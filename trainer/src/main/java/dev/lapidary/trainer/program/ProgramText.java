package dev.lapidary.trainer.program;

import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Printer;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the text of the program's class around a network: {@link LossText}, {@link UpdateText} and
 * what is between them. The network's own text and object stay as they are, below the attribute
 * {@code net}.
 */
final class ProgramText {
  private static final String METHODS =
      """
        def add(self: SELF, h: Tensor, sums: List[Tensor], gs: List[Tensor]) -> Tensor:
          for i in range(torch.len(sums)):
            _0 = torch.add_(sums[i], gs[i])
          return h
        def clip_norm(self: SELF, h: Tensor, gs: List[Tensor]) -> Tensor:
          squares = annotate(List[Tensor], [])
          for i in range(torch.len(gs)):
            n = torch.norm(gs[i])
            _0 = torch.append(squares, torch.mul(n, n))
          norm = torch.sqrt(torch.sum(torch.stack(squares)))
          scale = torch.clamp(torch.div(h[0], torch.add(norm, 9.9999999999999995e-07)), None, 1.)
          for j in range(torch.len(gs)):
            _1 = torch.mul_(gs[j], scale)
          return norm
        def clip_value(self: SELF, h: Tensor, gs: List[Tensor]) -> Tensor:
          for i in range(torch.len(gs)):
            _0 = torch.clamp_(gs[i], torch.neg(float(h[0])), float(h[0]))
          return h
        def unscale(self: SELF, h: Tensor, gs: List[Tensor]) -> Tensor:
          finite = annotate(List[Tensor], [])
          for i in range(torch.len(gs)):
            _0 = torch.append(finite, torch.all(torch.isfinite(torch.mul_(gs[i], float(h[0])))))
          return torch.all(torch.stack(finite))
        def assign(self: SELF, value: Tensor, to: Tensor) -> Tensor:
          _0 = torch.copy_(to, value)
          return value
        def requires_grad(self: SELF, flag: Tensor, ps: List[Tensor]) -> Tensor:
          for i in range(torch.len(ps)):
            _0 = torch.requires_grad_(ps[i], bool(flag))
          return flag
      """;

  private static final String NET = "self.net";

  private ProgramText() {}

  /** The archive whose root is the program; {@code names} are the state_dict's, in order. */
  static TorchScriptArchive wrap(
      TorchScriptArchive network,
      SortedMap<String, String> networkCode,
      List<String> names,
      ModuleTree modules,
      ProgramOptions options) {
    String file = freeName(network);
    String className = "__torch__.lapidary." + file + ".Program";
    String text =
        "class Program(Module):\n"
            + "  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
            + ("  net : " + network.root().className() + "\n")
            + (LossText.methods(options) + METHODS + UpdateText.METHODS).replace("SELF", className)
            + state(names, className)
            + modes(modules, className);
    SortedMap<String, String> code = new TreeMap<>(Casts.rewrite(networkCode, options.precision()));
    code.put("__torch__/lapidary/" + file + ".py", text);
    Casts.functions(options.precision()).ifPresent(t -> code.put(Casts.FILE, t));
    PyObject root = new PyObject(className);
    root.attributes().put("training", new PyBool(true));
    root.attributes().put("net", network.root());
    return new TorchScriptArchive(
        network.name(), network.version(), code, root, network.constants(), new TreeMap<>());
  }

  private static String state(List<String> names, String className) {
    String list =
        names.stream()
            .map(
                name ->
                    "unchecked_cast(Tensor, "
                        + attribute(NET, name)
                        + ")") // some are Optional[Tensor]
            .collect(Collectors.joining(",\n      "));
    return "  def state(self: %s, unused: Tensor) -> List[Tensor]:\n    return [%s]\n"
        .formatted(className, list);
  }

  private static String modes(ModuleTree modules, String className) {
    StringBuilder text =
        new StringBuilder("  def modes(self: " + className + ", flags: Tensor) -> Tensor:\n");
    for (int i = 0; i < modules.nodes().size(); i++) {
      text.append("    m%d = %s\n".formatted(i, attribute(NET, modules.nodes().get(i).path())));
      text.append("    m%d.training = bool(flags[%d])\n".formatted(i, i));
    }
    return text.append("    return flags\n").toString();
  }

  /** Any attribute, also one such as {@code 0} that is no identifier. */
  static String attribute(String object, String path) {
    String expression = object;
    for (String attribute : path.split("\\.")) {
      if (!attribute.isEmpty()) {
        expression = "getattr(" + expression + ", " + Printer.quoted(attribute) + ")";
      }
    }
    return expression;
  }

  private static String freeName(TorchScriptArchive network) {
    String name = "program";
    for (int i = 1; network.code().containsKey("__torch__/lapidary/" + name + ".py"); i++) {
      name = "program_" + i;
    }
    return name;
  }
}
