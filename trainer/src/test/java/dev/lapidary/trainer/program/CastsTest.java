package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The type at each operator: the rewritten text of real networks gets checks around every cast and
 * before every norm and softmax, which raise while it runs.
 */
class CastsTest {
  /** What {@code down} gives and {@code up} takes is low; norms and softmax take float32. */
  private static final String CHECKS =
      """
      def same(x: Tensor, dtype: int) -> Tensor:
        if torch.__and__(torch.is_grad_enabled(), torch.ne(ops.prim.dtype(x), dtype)):
          ops.prim.RaiseException("AssertionError: another type")
        return x
      def down(x: Tensor) -> Tensor:
        return __torch__.checks.same(__torch__.lapidary.casts.down(x), LOW)
      def down_optional(x: Optional[Tensor]) -> Optional[Tensor]:
        y = __torch__.lapidary.casts.down_optional(x)
        if torch.__isnot__(y, None):
          z = __torch__.checks.same(unchecked_cast(Tensor, y), LOW)
        return y
      def up(x: Tensor) -> Tensor:
        return __torch__.checks.same(__torch__.lapidary.casts.up(__torch__.checks.same(x, LOW)), 6)
      """;

  private static final Pattern OPERATOR =
      Pattern.compile("\\btorch\\.(conv2d|_convolution|linear|matmul|bmm|baddbmm)\\(");
  private static final Pattern FULL =
      Pattern.compile("torch\\.(batch_norm|layer_norm|softmax|log_softmax)\\((\\w+),");

  @ParameterizedTest
  @CsvSource({
    "mobilenet_v2, scripted",
    "mobilenet_v3_small, traced",
    "densenet, scripted",
    "efficientnet, traced",
    "regnet_y, scripted",
    "convnext, traced",
    "vit, scripted",
    "vit, traced",
    "swin, scripted",
    "swin, traced"
  })
  void everyHeavyOperatorIsLowAndEveryNormIsFull(String family, String kind) {
    check(ArchiveReader.read(Golden.archive(family, kind).orElseThrow()), Precision.BF16, 15);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20_cifar", "vit_b_16", "shufflenet_v2_x0_5"})
  void likewiseInTheZoo(String name) {
    check(Zoo.find(name).build(ZooOptions.of(10, 0)), Precision.BF16, 15);
  }

  @Test
  void aWrongTypeWouldBeNoticed() {
    TorchScriptArchive network =
        ArchiveReader.read(Golden.archive("mobilenet_v2", "scripted").orElseThrow());
    assertThatThrownBy(() -> check(network, Precision.FP16, 15))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("another type");
  }

  @Test
  void evaluationIsFloat32BitForBit() {
    TorchScriptArchive network =
        ArchiveReader.read(Golden.archive("mobilenet_v2", "scripted").orElseThrow());
    assertThat(logits(network, Precision.BF16)).containsExactly(logits(network, Precision.FP32));
  }

  @Test
  void argumentsMayHoldCallsBracketsAndNoBias() {
    assertThat(cast("torch.matmul(torch.bmm(f(a, [1, 2]), b), torch.t(c))"))
        .isEqualTo(
            "up(torch.matmul(down(up(torch.bmm(down(f(a, [1, 2])), down(b)))), down(torch.t(c))))");
    assertThat(cast("torch.conv2d(x, w, None, [1, 1])"))
        .isEqualTo("up(torch.conv2d(down(x), down(w), None, [1, 1]))");
    assertThat(cast("torch.relu(x)")).isEqualTo("torch.relu(x)");
    assertThat(Casts.functions(Precision.FP32)).isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "f(\"torch.mm(a, b)\")              | f(\"torch.mm(a, b)\")",
        "torch.mm(f(\"(\"), g(']'))         | up(torch.mm(down(f(\"(\")), down(g(\"]\"))))",
        "torch.mm(f(\"\\\"(\", 'a,'), b)     | up(torch.mm(down(f(\"\\\"(\", \"a,\")), down(b)))",
        "torch.addmm({0: c}[0], a, torch.mm(a, b), beta=1) "
            + "| up(torch.addmm(down({0: c}[0]), down(a), down(up(torch.mm(down(a), down(b)))), beta=1))",
        "torch.linear(x, w, (b), ) | up(torch.linear(down(x), down(w), down_optional(b)))",
        "[torch.mm(a, b), c][0] | [up(torch.mm(down(a), down(b))), c][0]",
        "torch.cat([torch.mm(a, b)], 0, k=torch.mm(a, b)) "
            + "| torch.cat([up(torch.mm(down(a), down(b)))], 0, k=up(torch.mm(down(a), down(b))))",
        "mytorch.mm(a, b) | mytorch.mm(a, b)",
        "x.torch.mm(a, b) | x.torch.mm(a, b)",
      })
  void noStringAndNoBracketFoolsIt(String expression, String expected) {
    assertThat(cast(expression)).isEqualTo(expected);
  }

  @Test
  void noCommentAndNoLineBreakFoolsIt() {
    assertThat(cast("torch.mm(a, # torch.mm(( )\n    torch . mm (b,\n c))"))
        .isEqualTo("up(torch.mm(down(a), down(up(torch.mm(down(b), down(c))))))");
    String text = "def f(x: Tensor) -> Tensor:\n  # torch.mm(x, x)\n  return  x # )\n";
    SortedMap<String, String> code = new TreeMap<>(Map.of("a.py", text));
    assertThat(Casts.rewrite(code, Precision.BF16)).isEqualTo(code);
  }

  private static String cast(String expression) {
    String before = "def f(x: Tensor) -> Tensor:\n  return ";
    SortedMap<String, String> code = new TreeMap<>(Map.of("a.py", before + expression + "\n"));
    assertThat(Casts.rewrite(code, Precision.FP32)).isEqualTo(code);
    String written = Casts.rewrite(code, Precision.BF16).get("a.py");
    assertThat(written).startsWith(before);
    return written.substring(before.length()).strip().replace("__torch__.lapidary.casts.", "");
  }

  private static void check(TorchScriptArchive network, Precision precision, int low) {
    SortedMap<String, String> code = new TreeMap<>();
    int[] counts = new int[3];
    Casts.rewrite(network.code(), precision)
        .forEach(
            (file, text) -> {
              counts[0] += (int) OPERATOR.matcher(text).results().count();
              counts[1] += text.split("casts\\.up\\(", -1).length - 1;
              counts[2] += (int) FULL.matcher(text).results().count();
              String checked = text.replace("__torch__.lapidary.casts.", "__torch__.checks.");
              code.put(
                  file,
                  FULL.matcher(checked)
                      .replaceAll((MatchResult m) -> full(m.group(1), m.group(2))));
            });
    assertThat(counts[1]).as("casts of operators").isEqualTo(counts[0]).isPositive();
    assertThat(counts[2]).as("norms and softmax").isPositive();
    code.put("__torch__/checks.py", CHECKS.replace("LOW", String.valueOf(low)));
    code.put(Casts.FILE, Casts.functions(precision).orElseThrow());
    TorchScriptArchive checked =
        new TorchScriptArchive(
            network.name(),
            network.version(),
            code,
            network.root(),
            network.constants(),
            new TreeMap<>());
    gradients(checked);
  }

  private static String full(String operator, String argument) {
    return "torch." + operator + "(__torch__.checks.same(" + argument + ", 6),";
  }

  private static void gradients(TorchScriptArchive network) {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network, "cpu");
              NDManager step = program.newStep()) {
            program.train(
                program.parameters().stream().map(ProgramTensor::name).collect(Collectors.toSet()));
            float[] x = Uniform.tensor("x", 2, 3, 224, 224).toFloats();
            Gradients gradients =
                program.gradients(
                    step,
                    step.create(x, new Shape(2, 3, 224, 224)),
                    TrainingProgram.Targets.of(step.create(new long[] {0, 1})),
                    new LossOptions(0, List.of()),
                    program.parameters(),
                    1,
                    1);
            assertThat(gradients.loss()).isFinite();
            assertThat(gradients.arrays())
                .allSatisfy(g -> assertThat(g.getDataType().toString()).isEqualTo("float32"));
          }
          return true;
        });
  }

  private static float[] logits(TorchScriptArchive network, Precision precision) {
    ProgramOptions options = new ProgramOptions(precision, false, List.of());
    return Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network, "cpu", options);
              NDManager step = program.newStep()) {
            program.eval();
            float[] x = Uniform.tensor("x", 1, 3, 224, 224).toFloats();
            return program.logits(step, step.create(x, new Shape(1, 3, 224, 224))).toFloatArray();
          }
        });
  }
}
