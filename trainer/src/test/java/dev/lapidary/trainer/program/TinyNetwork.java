package dev.lapidary.trainer.program;

import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Archives of one parameter {@code p}, written by hand: logits = x * p. */
final class TinyNetwork {
  private TinyNetwork() {}

  /** {@code p = u("p", shape)}. */
  static TorchScriptArchive of(long... shape) {
    return of("", shape);
  }

  /**
   * @param methods more text of the class
   */
  static TorchScriptArchive of(String methods, long... shape) {
    String text =
        """
        class One(Module):
          __parameters__ = ["p", ]
          __buffers__ = []
          p : Tensor
          training : bool
          def forward(self: __torch__.One,
            x: Tensor) -> Tensor:
            p = self.p
            return torch.mul(x, p)
        """
            + methods;
    PyObject root = new PyObject("__torch__.One");
    root.attributes().put("p", new PyTensor(Uniform.tensor("p", shape), true));
    root.attributes().put("training", new PyBool(true));
    return new TorchScriptArchive(
        "one", 3, new TreeMap<>(Map.of("__torch__.py", text)), root, List.of(), new TreeMap<>());
  }
}
