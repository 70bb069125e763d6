package dev.lapidary.models.surgery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is changed in a text is found by its syntax: no string, comment or line break fools it. */
class EditedTextTest {
  private static final String NET =
      """
      class Net(Module): # class Net(Module):
          __parameters__ = []
          __buffers__ = []
          # inner : __torch__.Wrong
          training : bool
          inner : __torch__.Inner # the type
          other : Optional[__torch__.Net.Deep]
      # a comment at the line's start
          def forward(self: __torch__.Net,
            x: Tensor) -> Tensor:
            print("__torch__.Net is class Net(Module):", '"inner : __torch__.Inner')
            y = (self.inner).forward(x, # self: __torch__.Net
              )
            z = __torch__.Net.Deep.helped(annotate(Optional[__torch__.Net], None), y)

            return z
      # behind it
      class Inner(Module):
        __parameters__ = []
        def forward(self: __torch__.Inner, x: Tensor) -> Tensor:
          return x
      """;

  @Test
  void aSwapCopiesTheClassAroundWithTwoNamesChanged() {
    TorchScriptArchive archive = network(NET);
    ModuleSwap swap = ModuleSwap.at(archive, "inner");
    PyObject mine = new PyObject(swap.className("Mine"));
    String mineText = "class Mine(Module):\n  __parameters__ = []\n";
    TorchScriptArchive swapped = swap.put(mine, mineText);
    String expected =
        NET.substring(0, NET.indexOf("\n# behind it") + 1)
            .replaceFirst("class Net", "class Around0")
            .replace("inner : __torch__.Inner #", "inner : __torch__.lapidary.surgery.Mine #")
            .replace(
                "forward(self: __torch__.Net,", "forward(self: __torch__.lapidary.surgery.Around0,")
            .replace(
                "annotate(Optional[__torch__.Net],",
                "annotate(Optional[__torch__.lapidary.surgery.Around0],");
    assertThat(swapped.code().get("__torch__/lapidary/surgery.py")).isEqualTo(mineText + expected);
    assertThat(swapped.code().get("__torch__.py")).isEqualTo(NET);
  }

  @Test
  void aTypeThatOnlyACommentSaysIsNone() {
    TorchScriptArchive archive =
        network(NET.replace("    inner : __torch__.Inner # the type\n", "    # inner : T\n"));
    ModuleSwap swap = ModuleSwap.at(archive, "inner");
    assertThatThrownBy(() -> swap.put(new PyObject(swap.className("Mine")), ""))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[net] inner cannot be exchanged: __torch__.Net does not say the type of inner");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "torch.zeros([1], device=torch.device(\"cuda:0\")) | torch.zeros([1], device=torch.device(\"cpu\"))",
        "torch.to(x, torch . device ('mps' )) | torch.to(x, torch.device(\"cpu\"))",
        "f('torch.device(\"cuda\")', torch.device(\"cpu\")) | f('torch.device(\"cuda\")', torch.device(\"cpu\"))",
        "f(\"torch.device(\\\"cuda\\\")\", \"cuda:0\") | f(\"torch.device(\\\"cuda\\\")\", \"cuda:0\")",
        "mytorch.device(\"cuda\") | mytorch.device(\"cuda\")",
      })
  void aDeviceIsOneOnlyWhereItIsCode(String expression, String expected) {
    String text = "def f(x: Tensor) -> Tensor:\n  return %s # torch.device(\"cuda\")\n";
    TorchScriptArchive archive = network(NET);
    Map<String, String> code = new TreeMap<>(archive.code());
    code.put("__torch__/f.py", text.formatted(expression));
    TorchScriptArchive given = archive.withCode(code);
    assertThat(Portable.of(given).orElse(given).code().get("__torch__/f.py"))
        .isEqualTo(text.formatted(expected));
  }

  private static TorchScriptArchive network(String text) {
    PyObject inner = new PyObject("__torch__.Inner");
    inner.attributes().put("training", new PyBool(false));
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(false));
    root.attributes().put("inner", inner);
    return new TorchScriptArchive(
        "net", 10, new TreeMap<>(Map.of("__torch__.py", text)), root, List.of(), new TreeMap<>());
  }
}
