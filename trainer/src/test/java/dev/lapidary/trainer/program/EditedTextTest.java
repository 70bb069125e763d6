package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Definition.ClassDef;
import dev.lapidary.torchscript.script.Definition.Function;
import dev.lapidary.torchscript.script.Printer;
import dev.lapidary.torchscript.script.SourceFile;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The training program's editors find what they change by its syntax. */
class EditedTextTest {
  /** In a table's cell. */
  private static final String LINE_BREAK = "↵";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.batch_norm(x, w, b, m, v, False, 0.1, 1.0e-05, True)",
        "torch.batch_norm(torch.relu(f(x, [1, (2)])), w, b, m, v, False, 0.1, 1.0e-05, True)",
        "torch.relu(torch.batch_norm(f(\"), \", '('), w, b, m, v, False, 0.1, 1.0e-05, True))",
        "torch.batch_norm(x, # False, (\n      w, b, m,\n v, False, # False\n  0.1, 1.0e-05, True)",
      })
  void aNormFollowsTheModeWhateverGoesIn(String norm) {
    TracedModes modes = TracedModes.rewrite(code(traced(norm)));
    assertThat(modes.batchNorms()).isEqualTo(1);
    String counted =
        "    if me.training:\n      counted_ = torch.add_(me.num_batches_tracked, 1)\n"
            + "    else:\n      pass\n    y = ";
    assertThat(modes.code().get("a.py"))
        .isEqualTo(traced(norm.replace("v, False", "v, me.training")).replace("    y = ", counted));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "torch.dropout(torch.relu(f(x, \"(\")), 0.5, False)",
        "torch.dropout_(x, 0.5, # False)\n      False)",
        "torch.feature_alpha_dropout((x), [0.5][0], False)",
        "torch.relu(torch.alpha_dropout(x, 0.5, False, ))",
      })
  void dropoutLikewise(String call) {
    TracedModes modes = TracedModes.rewrite(code(traced(call)));
    assertThat(modes.dropouts()).isEqualTo(1);
    int mode = call.lastIndexOf("False");
    String expected = call.substring(0, mode) + "me.training" + call.substring(mode + 5);
    assertThat(modes.code().get("a.py")).isEqualTo(traced(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "f(\"torch.dropout(x, 0.5, False)\")",
        "x # torch.dropout(x, 0.5, False)",
        "torch.dropout(x, 0.5, True)",
        "mytorch.dropout(x, 0.5, False)",
        "torch.batch_norm(x, w, b, m, v, True, 0.1, False, False)",
        "f(\"torch.batch_norm(x, w, b, m, v, False, 0.1, 1.0e-05, True)\")",
      })
  void whatIsNoModeStays(String call) {
    TracedModes modes = TracedModes.rewrite(code(traced(call)));
    assertThat(modes.code()).isEqualTo(code(traced(call)));
    assertThat(modes.notes()).isEmpty();
  }

  @Test
  void aFunctionBesideTheClassHasNoMode() {
    String text =
        traced("x") + "def f(x: Tensor) -> Tensor:\n  return torch.dropout(x, 0.5, False)\n";
    assertThat(TracedModes.rewrite(code(text)).code()).isEqualTo(code(text));
  }

  @Test
  void aMethodIsPutAtItsClassesEnd() {
    String before =
        """
        class Net(Module):
            __parameters__ = []
            def forward(self: __torch__.Net,
              x: Tensor) -> Tensor:
        # class Other(Module):
              print("class Net(Module):") # def f(x):
              return f(
        x)
        """;
    String after = "class Other(Module):\n  __parameters__ = []\n";
    TreeMap<String, String> code = new TreeMap<>(Map.of("__torch__.py", before + after));
    CutText.add(
        code,
        "__torch__.Net",
        "  def g(self: __torch__.Net, x: Tensor) -> Tensor:\n    return x\n");
    assertThat(code.get("__torch__.py"))
        .isEqualTo(
            before
                + "    def g(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n      return x\n"
                + after);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "return f(g(x, \"),(\"), h(x)) # i(x) f(g(x) | step_0 = g(x, \"),(\"); step_1 = h(x);"
            + " step_2 = f(step_0, step_1); return step_2",
        "return f(g(x, # ),↵1)) | step_0 = g(x, 1); step_1 = f(step_0); return step_1",
        "return f([g(x)], h(x)) | step_0 = f([g(x)], h(x)); return step_0",
        "step_0 = x↵return f(g(step_0)) | step_0 = x; step_1 = g(step_0); step_2 ="
            + " f(step_1); return step_2",
        "y : Tensor = f((g(x)), {\"a)\": 1})↵return y | step_0 = g(x); y : Tensor ="
            + " f(step_0, {\"a)\": 1}); return y",
      })
  void aNestedCallGetsALineOfItsOwn(String body, String expected) {
    String text =
        "def f(self: T, x: Tensor) -> Tensor:\n  " + body.replace(LINE_BREAK, "\n  ") + "\n";
    Function method = (Function) SourceFile.parse("a.py", text).definitions().get("f");
    List<String> lines =
        StraightLine.of(method).orElseThrow().statements().stream()
            .map(statement -> Printer.print(statement, 0).strip())
            .toList();
    assertThat(String.join("; ", lines)).isEqualTo(expected);
  }

  /** The module is not called self, and names stand in strings. */
  @Test
  void aNetworkIsCutWhereverItsNamesStand() {
    String text =
        """
        class Layer(Module):
          __parameters__ = ["w", ]
          w : Tensor
          training : bool
          def forward(me: __torch__.Layer,
            x: Tensor) -> Tensor:
            return torch.mul(torch.relu(x), me.w) # ),
        class Net(Module):
          __parameters__ = []
          training : bool
          SELF : __torch__.Layer
          __annotations__["a\\"b"] = __torch__.Layer
          def forward(me: __torch__.Net,
            x: Tensor) -> Tensor:
            first = me.SELF
            last = getattr(me, "a\\"b")
            y = torch.reshape((first).forward(x, ), [-1, # )
              3])
            return (last).forward(y, )
        """;
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(true));
    root.attributes().put("SELF", layer("w"));
    root.attributes().put("a\"b", layer("v"));
    TorchScriptArchive network =
        new TorchScriptArchive(
            "net",
            3,
            new TreeMap<>(Map.of("__torch__.py", text)),
            root,
            List.of(),
            new TreeMap<>());
    CutFinder.Found found = CutFinder.find(network, Set.of("a\"b.w"));
    assertThat(found.cut()).as(found.reason()).isPresent();
    Libtorch.call(
        1,
        () -> {
          ProgramOptions options = PlainProgram.with(found.cut().get());
          try (TrainingProgram program = TrainingProgram.open(network, "cpu", options);
              ai.djl.ndarray.NDManager step = program.newStep()) {
            program.train(Set.of("a\"b.w"));
            ai.djl.ndarray.NDArray x = step.create(new float[][] {{1, 2, 3}, {-1, 5, 6}});
            assertThat(program.logits(step, 1, program.features(step, 1, x, 1)).toFloatArray())
                .isEqualTo(program.logits(step, x).toFloatArray());
          }
          return true;
        });
  }

  private static PyObject layer(String weight) {
    PyObject layer = new PyObject("__torch__.Layer");
    layer.attributes().put("w", new PyTensor(Uniform.tensor(weight, 3), true));
    layer.attributes().put("training", new PyBool(true));
    return layer;
  }

  private static String traced(String call) {
    return """
    class Net(Module):
      __parameters__ = []
      training : bool
      num_batches_tracked : Tensor
      def forward(me: __torch__.Net,
        x: Tensor) -> Tensor:
        y = CALL
        return y
    """
        .replace("CALL", call);
  }

  private static SortedMap<String, String> code(String text) {
    assertThat(SourceFile.parse("a.py", text).definitions().get("Net"))
        .isInstanceOf(ClassDef.class);
    return new TreeMap<>(Map.of("a.py", text));
  }
}
