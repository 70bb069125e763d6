package dev.lapidary.models.surgery;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Printer;
import dev.lapidary.torchscript.script.Program;
import java.util.List;
import java.util.Optional;

/**
 * A network that ends at one of its layers. The layer is put into a module that keeps a copy of
 * what it computes (a copy, for what follows may change it in place), and the new root runs the
 * network and returns that. If the network calls the layer several times, the last call counts.
 */
public final class LayerOutput {
  private LayerOutput() {}

  /**
   * {@code forward} gives what the layer gives, in its own shape.
   *
   * @param layer a module's path, such as {@code features.3.block}
   * @throws Failure (exit 2) if there is no such module, or it does not take one tensor to one
   */
  public static TorchScriptArchive of(TorchScriptArchive archive, String layer) {
    return cut(archive, layer, "y");
  }

  /** {@code forward} gives what goes into the layer: for a head, the features. */
  public static TorchScriptArchive inputOf(TorchScriptArchive archive, String layer) {
    return cut(archive, layer, "x");
  }

  private static TorchScriptArchive cut(TorchScriptArchive archive, String layer, String kept) {
    ModuleSwap swap = ModuleSwap.at(archive, layer);
    requireTensorToTensor(archive, layer, swap.module().className());
    String text =
        """
        class Kept(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          kept : Tensor
          inner : %s
          def forward(self: %s,
            x: Tensor) -> Tensor:
            inner = self.inner
            y = (inner).forward(x, )
            self.kept = torch.clone(%s)
            return y
        """
            .formatted(swap.module().className(), swap.className("Kept"), kept);
    PyObject keeper = new PyObject(swap.className("Kept"));
    keeper.attributes().put("training", new PyBool(false));
    keeper.attributes().put("kept", new PyTensor(Tensor.zeros(DType.FLOAT32, 1), false));
    keeper.attributes().put("inner", swap.module());
    return rooted(swap.put(keeper, text), layer);
  }

  private static TorchScriptArchive rooted(TorchScriptArchive archive, String layer) {
    StringBuilder path = new StringBuilder("net");
    for (String part : layer.split("\\.")) {
      path.insert(0, "getattr(").append(", ").append(Printer.quoted(part)).append(")");
    }
    return NetworkAround.of(
        archive,
        "Cut",
        List.of("logits = (net).forward(x, )", "layer = " + path, "return layer.kept"));
  }

  private static void requireTensorToTensor(
      TorchScriptArchive archive, String layer, String className) {
    ClassDef type = new Program(archive.code()).requireClass(className);
    Function forward = type.methods().get("forward");
    boolean fits =
        forward != null
            && forward.parameters().size() == 2
            && isTensor(forward.parameters().get(1).type())
            && isTensor(forward.returns());
    if (!fits) {
      throw Failure.badInput(
          "[%s] %s does not take one tensor to one tensor; name a module around or inside of it",
          archive.name(), layer);
    }
    if (type.methods().keySet().stream().anyMatch(name -> name.matches("forward\\d+"))) {
      throw Failure.badInput(
          "[%s] %s was traced at several places of the network; name a module around it",
          archive.name(), layer);
    }
  }

  private static boolean isTensor(Optional<Expression> type) {
    return type.isPresent()
        && type.get() instanceof Expression.Name name
        && name.id().equals("Tensor");
  }
}
