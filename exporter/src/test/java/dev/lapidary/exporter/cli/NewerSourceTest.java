package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of a PyTorch that has operators and arguments which this libtorch lacks. */
class NewerSourceTest {
  private static final String LACKS = "libtorch 2.7.1 (it lacks ";
  private static final String NOT_USED = ", to which no input here comes";

  @TempDir Path folder;

  /** Scripted by PyTorch 2.15: {@code nn.Upsample(scale_factor=1.7, mode="bilinear")}. */
  @ParameterizedTest
  @ValueSource(strings = {"onnx", "torchscript"})
  void whatPyTorchScriptsTodayIsExportedAndVerified(String command) throws IOException {
    Path source = folder.resolve("upsample.pt");
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("/newer/upsample-torch2.15.pt"))) {
      Files.copy(in, source);
    }
    Path out = folder.resolve(command.equals("onnx") ? "m.onnx" : "m.pt");
    Ran made = run(command, source.toString(), "--input=3x32x32", "--out=" + out);
    assertThat(made.err()).isEmpty();
    assertThat(made.status()).isZero();
    assertThat(made.out()).contains(LACKS + "aten::_upsample_lanczos2d_aa" + NOT_USED);
    Ran verified = run("verify", out.toString(), "--against=" + source);
    assertThat(verified.err()).isEmpty();
    assertThat(verified.out()).contains("_upsample_lanczos2d_aa").contains("argmax 100.00 %");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "y = torch.new_op(x)",
        "y = torch.relu(torch.new_op(\"torch.new_op(\", (x, [1]), k=None)) # torch.new_op(x)",
        "y = torch.add(torch.new_op(torch.new_op(x)), torch.new_op(x))",
        "y = torch.relu(torch.cat([x,\n      torch.new_op(\"é\", x), # é )\n      x]))",
        "print(\"é\", torch.new_op(x))\n  y = x",
        "torch.new_op(x)\n  y = x",
        "a, b, = torch.new_op(x)\n  y = torch.add(a, b)",
        "y : Tensor = torch.new_op(x)",
        "n : int = torch.new_op(x)\n  y = torch.view(x, [n, -1])",
        "n = torch.new_op(x)\n  y = torch.view(x, [torch.len(n), -1])",
        "if torch.new_op(x):\n    y = x\n  else:\n    y = torch.new_op(x, 1)",
        "for i in range(torch.new_op(x)):\n    pass\n  y = x",
        "y = ops.torchvision.deform_conv2d(x, x)",
        "y = ops.new_library.new_op(x)",
        "y = torch.relu(x, 0.5)",
        "y = torch.relu(x, new_mode=\"a\")",
        "y = torch.new_op(x)\n  z = torch.other_new_op(y)\n  y = torch.relu(z, new=0.5)",
        "y = __torch__.helped(x)",
        "y = (self).helped(x, )",
      })
  void deadCodeStopsNoArchive(String dead) throws IOException {
    Ran made =
        export("if self.training:\n  " + dead + "\nelse:\n  y = x\nreturn torch.mean(y, [2, 3])\n");
    assertThat(made.err()).isEmpty();
    assertThat(made.out()).contains(LACKS).contains(NOT_USED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.relu(x, None) | None at place 2 of aten::relu",
        "torch.relu(x, new=None) | new=None of aten::relu",
        "torch.mean(torch.relu(x), [2, 3], True, dtype=None, new=False) | new=False of aten::mean",
      })
  void aNewArgumentThatAsksForNothingNewIsLeftOut(String expression, String left)
      throws IOException {
    Ran made = export("y = " + expression + "\nreturn torch.mean(y, [2, 3])\n", "return x\n");
    assertThat(made.err()).isEmpty();
    assertThat(made.out()).contains(LACKS + "the argument " + left + ", left out)");
  }

  @Test
  void whatTheTraceKnowsAndLibtorchDoesNotIsComparedWithTheTrace() throws IOException {
    Ran made = export("none = None\ny = torch.relu(x, none)\nreturn torch.mean(y, [2, 3])\n");
    assertThat(made.err()).isEmpty();
    assertThat(made.out())
        .contains(
            "differs from libtorch 2.7.1 with the operators of the trace: it does not know how the"
                + " source calls aten::relu by ");
    Ran verified =
        run(
            "verify",
            folder.resolve("m.onnx").toString(),
            "--against=" + folder.resolve("newer.pt"));
    assertThat(verified.out()).contains("with the operators of the trace");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "torch.relu(x, 0.5) | no supported overload of aten::relu takes (",
        "torch.relu(x, new=True) | no supported overload of aten::relu takes (",
        "torch.new_op(x) | operator aten::new_op is not supported; ",
      })
  void whatTheNetworkNeedsIsRefused(String expression, String message) throws IOException {
    Ran made = export("y = " + expression + "\nreturn torch.mean(y, [2, 3])\n");
    assertThat(made.status()).isEqualTo(4);
    assertThat(made.err()).startsWith("error: code/__torch__.py:7:9: " + message);
    assertThat(folder.resolve("m.onnx")).doesNotExist();
  }

  @Test
  void aDamagedArchiveIsRefusedAsBefore() throws IOException {
    Ran made =
        export(
            "if self.training:\n  y = self.missing\nelse:\n  y = x\nreturn torch.mean(y, [2, 3])\n");
    assertThat(made.status()).isEqualTo(2);
    assertThat(made.err()).startsWith("error: [newer.pt] libtorch cannot load it: ");
  }

  private record Ran(int status, String out, String err) {}

  private Ran export(String body) throws IOException {
    return export(body, "a, b, = torch.new_op(x)\nreturn torch.new_op(torch.add(a, b))\n");
  }

  /**
   * @param helped of a method and of a function
   */
  private Ran export(String body, String helped) throws IOException {
    Path source = folder.resolve("newer.pt");
    ArchiveWriter.write(archive(body, helped), source);
    return run("onnx", source.toString(), "--input=3x8x8", "--out=" + folder.resolve("m.onnx"));
  }

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        ExporterMain.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new Ran(status, out.toString(), err.toString());
  }

  private static TorchScriptArchive archive(String body, String helped) {
    String code =
        """
        class Net(Module):
          __parameters__ = []
          __buffers__ = []
          training : bool
          def forward(self: __torch__.Net,
            x: Tensor) -> Tensor:
        BODY  def helped(self: __torch__.Net,
            x: Tensor) -> Tensor:
        METHODdef helped(x: Tensor) -> Tensor:
        FUNCTION"""
            .replace("BODY", body.indent(4))
            .replace("METHOD", helped.indent(4))
            .replace("FUNCTION", helped.indent(2));
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(false));
    return new TorchScriptArchive(
        "newer", 10, new TreeMap<>(Map.of("__torch__.py", code)), root, List.of(), new TreeMap<>());
  }
}
