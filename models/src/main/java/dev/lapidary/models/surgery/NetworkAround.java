package dev.lapidary.models.surgery;

import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.List;

/** A network whose only part is another one, {@code net}. */
final class NetworkAround {
  private NetworkAround() {}

  /**
   * @param type the new class's simple name
   * @param body of {@code forward}, which has {@code x} and {@code net}
   */
  static TorchScriptArchive of(TorchScriptArchive archive, String type, List<String> body) {
    String file = ModuleSwap.freeName(archive.code());
    String name = "__torch__.lapidary." + file + "." + type;
    String text =
        """
        class %s(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          net : %s
          def forward(self: %s,
            x: Tensor) -> Tensor:
            net = self.net
            %s
        """
            .formatted(type, archive.root().className(), name, String.join("\n    ", body));
    PyObject root = new PyObject(name);
    root.attributes().put("training", new PyBool(false));
    root.attributes().put("net", archive.root());
    return ModuleSwap.with(archive, file, text, root);
  }
}
