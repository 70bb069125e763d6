package dev.lapidary.trainer.program;

import dev.lapidary.models.archive.PyValue.PyBool;
import dev.lapidary.models.archive.PyValue.PyObject;
import dev.lapidary.models.archive.TorchScriptArchive;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the text of the program's class around a network. The network's own text and object stay
 * as they are, below the attribute {@code net}.
 *
 * <p>Two rules of libtorch shape this text. An in-place operator over a list is dropped without an
 * error if the list was built inside the method, so the kernels get the method's own arguments. And
 * {@code torch.autograd.grad} gives gradients in any memory layout while the fused kernels walk raw
 * memory, so gradients are made contiguous.
 */
final class ProgramText {
  private static final String METHODS =
      """
        def gradients(self: SELF, x: Tensor, y: Tensor, other: Tensor, weight: Tensor, h: Tensor, ps: List[Tensor]) -> List[Tensor]:
          net = self.net
          logits = (net).forward(torch.clone(x), )
          if torch.gt(torch.numel(weight), 0):
            w = annotate(Optional[Tensor], weight)
          else:
            w = annotate(Optional[Tensor], None)
          own = torch.cross_entropy_loss(logits, y, w, 1, -100, float(h[0]))
          if torch.lt(float(h[2]), 1.):
            mixed = torch.cross_entropy_loss(logits, other, w, 1, -100, float(h[0]))
            loss = torch.add(torch.mul(own, float(h[2])), torch.mul(mixed, torch.sub(1., float(h[2]))))
          else:
            loss = own
          gs = torch.autograd.grad([torch.mul(loss, float(h[1]))], ps, None, None, False, True)
          out = [torch.detach(loss), torch.detach(logits)]
          for i in range(torch.len(gs)):
            g = gs[i]
            if torch.__is__(g, None):
              _0 = torch.append(out, torch.zeros([0]))
            else:
              _1 = torch.append(out, torch.contiguous(unchecked_cast(Tensor, g)))
          return out
        def logits(self: SELF, x: Tensor) -> Tensor:
          net = self.net
          return (net).forward(torch.clone(x), )
        def loss(self: SELF, logits: Tensor, y: Tensor) -> Tensor:
          return torch.cross_entropy_loss(logits, y, None, 2)
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
        def sgd(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor]) -> Tensor:
          none = annotate(List[Tensor], [])
          _0 = torch._fused_sgd_(ps, gs, none, weight_decay=float(h[1]), momentum=0., lr=float(h[0]), dampening=0., nesterov=False, maximize=False, is_first_step=False)
          return h
        def sgd_momentum(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor]) -> Tensor:
          _0 = torch._fused_sgd_(ps, gs, ms, weight_decay=float(h[1]), momentum=float(h[2]), lr=float(h[0]), dampening=float(h[3]), nesterov=torch.gt(float(h[4]), 0.), maximize=False, is_first_step=torch.gt(float(h[5]), 0.))
          return h
        def adam(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], ts: List[Tensor]) -> Tensor:
          none = annotate(List[Tensor], [])
          _0 = torch._fused_adam_(ps, gs, ms, vs, none, ts, lr=float(h[0]), beta1=float(h[2]), beta2=float(h[3]), weight_decay=float(h[1]), eps=float(h[4]), amsgrad=False, maximize=False)
          return h
        def adamw(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], ts: List[Tensor]) -> Tensor:
          none = annotate(List[Tensor], [])
          _0 = torch._fused_adamw_(ps, gs, ms, vs, none, ts, lr=float(h[0]), beta1=float(h[2]), beta2=float(h[3]), weight_decay=float(h[1]), eps=float(h[4]), amsgrad=False, maximize=False)
          return h
        def rmsprop(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], vs: List[Tensor], ms: List[Tensor]) -> Tensor:
          for i in range(torch.len(ps)):
            p = ps[i]
            g = torch.add(gs[i], p, alpha=float(h[1]))
            v = torch.mul_(vs[i], float(h[2]))
            _0 = torch.addcmul_(v, g, g, value=torch.sub(1., float(h[2])))
            average = torch.add(torch.sqrt(v), float(h[3]))
            m = torch.mul_(ms[i], float(h[4]))
            _1 = torch.addcdiv_(m, g, average)
            _2 = torch.add_(p, m, alpha=torch.neg(float(h[0])))
          return h
        def lerp(self: SELF, h: Tensor, to: List[Tensor], ps: List[Tensor]) -> Tensor:
          for i in range(torch.len(to)):
            _0 = torch.lerp_(to[i], ps[i], float(h[0]))
          return h
        def assign(self: SELF, value: Tensor, to: Tensor) -> Tensor:
          _0 = torch.copy_(to, value)
          return value
        def requires_grad(self: SELF, flag: Tensor, ps: List[Tensor]) -> Tensor:
          for i in range(torch.len(ps)):
            _0 = torch.requires_grad_(ps[i], bool(flag))
          return flag
      """;

  private ProgramText() {}

  /** The archive whose root is the program; {@code names} are the state_dict's, in order. */
  static TorchScriptArchive wrap(
      TorchScriptArchive network,
      SortedMap<String, String> networkCode,
      List<String> names,
      ModuleTree modules) {
    String file = freeName(network);
    String className = "__torch__.lapidary." + file + ".Program";
    String text =
        "class Program(Module):\n"
            + "  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
            + ("  net : " + network.root().className() + "\n")
            + METHODS.replace("SELF", className)
            + state(names).replace("SELF", className)
            + modes(modules).replace("SELF", className);
    SortedMap<String, String> code = new TreeMap<>(networkCode);
    code.put("__torch__/lapidary/" + file + ".py", text);
    PyObject root = new PyObject(className);
    root.attributes().put("training", new PyBool(true));
    root.attributes().put("net", network.root());
    return new TorchScriptArchive(
        network.name(), network.version(), code, root, network.constants(), new TreeMap<>());
  }

  private static String state(List<String> names) {
    String list =
        names.stream()
            .map(name -> "unchecked_cast(Tensor, " + path(name) + ")") // some are Optional[Tensor]
            .collect(Collectors.joining(",\n      "));
    return "  def state(self: SELF, unused: Tensor) -> List[Tensor]:\n    return [" + list + "]\n";
  }

  private static String modes(ModuleTree modules) {
    StringBuilder text = new StringBuilder("  def modes(self: SELF, flags: Tensor) -> Tensor:\n");
    for (int i = 0; i < modules.nodes().size(); i++) {
      text.append("    m%d = %s\n".formatted(i, path(modules.nodes().get(i).path())));
      text.append("    m%d.training = bool(flags[%d])\n".formatted(i, i));
    }
    return text.append("    return flags\n").toString();
  }

  /** Any attribute, also one such as {@code 0} that is no identifier. */
  private static String path(String dotted) {
    String expression = "self.net";
    if (!dotted.isEmpty()) {
      for (String attribute : dotted.split("\\.")) {
        expression = "getattr(" + expression + ", \"" + attribute + "\")";
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
