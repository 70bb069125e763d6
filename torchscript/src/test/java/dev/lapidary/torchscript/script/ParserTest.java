package dev.lapidary.torchscript.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.Golden;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ParserTest {
  static Stream<Arguments> archives() {
    return Golden.FAMILIES.stream()
        .flatMap(f -> Stream.of(Arguments.of(f, "scripted"), Arguments.of(f, "traced")));
  }

  @ParameterizedTest
  @MethodSource("archives")
  void readsAllCodeOfTheArchive(String family, String kind) throws IOException {
    Optional<Path> path = Golden.archive(family, kind);
    if (path.isEmpty()) {
      return;
    }
    int classes = 0;
    try (ZipFile zip = new ZipFile(path.get().toFile())) {
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        if (entry.getName().endsWith(".py")) {
          try (InputStream in = zip.getInputStream(entry)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            classes +=
                (int)
                    parse(text).values().stream()
                        .filter(Definition.ClassDef.class::isInstance)
                        .count();
          }
        }
      }
    }
    assertThat(classes).isGreaterThan(5);
  }

  @Test
  void readsAClass() {
    Definition.ClassDef type =
        (Definition.ClassDef)
            parse(
                    """
                    op_version_set = 1
                    import __torch__.other
                    class Net(Module):
                      __parameters__ = ["weight", "bias", ]
                      __buffers__ = ["mean", ]
                      __annotations__ = []
                      __annotations__["0"] = __torch__.torch.nn.Linear
                      weight : Tensor
                      stride : Final[Tuple[int, int]] = (1, -1)
                      def forward(self: __torch__.Net,
                        x: Tensor, y: Optional[int]=None) -> Tensor:
                        # a comment
                        return (self).other(x, )
                    """)
                .get("Net");
    assertThat(type.isModule()).isTrue();
    assertThat(type.parameters()).containsExactly("weight", "bias");
    assertThat(type.buffers()).contains(List.of("mean"));
    assertThat(type.attributes()).containsKeys("0", "weight", "stride");
    assertThat(type.constants()).containsOnlyKeys("stride");
    Definition.Function forward = type.methods().get("forward");
    assertThat(forward.parameters())
        .extracting(Definition.Parameter::name)
        .containsExactly("self", "x", "y");
    assertThat(forward.at()).hasToString("t.py:10:7");
  }

  @Test
  void tellsAnUnpackedAssignmentFromAPlainOne() {
    List<Statement> body =
        function("a, = x\n  b = x\n  c, d = x, y\n  e : int = 1\n  self.f = 2").body();
    assertThat(body)
        .extracting(s -> ((Statement.Assign) s).unpack())
        .containsExactly(true, false, true, false, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1.0000000000000001e-05 | 1.0E-5",
        "0. | 0.0",
        "-0.5 | -0.5",
      })
  void readsFloats(String text, double value) {
    assertThat(((Expression.Real) expression(text)).value()).isEqualTo(value);
  }

  @Test
  void readsIntegersUpToTheirLimits() {
    assertThat(((Expression.Int) expression("9223372036854775807")).value())
        .isEqualTo(Long.MAX_VALUE);
    assertThat(((Expression.Int) expression("-9223372036854775808")).value())
        .isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void readsEscapesOfStrings() {
    assertThat(((Expression.Text) expression("\"don\\'t\\n\\303\\251\\x41\\\\\"")).value())
        .isEqualTo("don't\n\u00e9A\\");
  }

  @Test
  void keepsABytesOfAStringThatIsNoText() {
    assertThat(((Expression.Text) expression("\"\\303A\"")).value()).isEqualTo("\udcc3A");
  }

  @Test
  void aTypeWithoutAValueIsNoStatement() {
    assertThatThrownBy(() -> function("a : int\n  b = 1"))
        .isInstanceOf(Failure.class)
        .hasMessage("t.py:2:10: expected '=', found the end of the line");
  }

  @Test
  void groupsOperatorsAsPythonDoes() {
    Expression.Binary sum = (Expression.Binary) expression("a + b * -c ** 2");
    assertThat(sum.operator()).isEqualTo("+");
    Expression.Binary product = (Expression.Binary) sum.right();
    assertThat(product.operator()).isEqualTo("*");
    assertThat(product.right()).isInstanceOf(Expression.Unary.class);
    Expression.Binary or = (Expression.Binary) expression("not a is not b or c not in d");
    assertThat(or.operator()).isEqualTo("or");
    assertThat(((Expression.Binary) or.right()).operator()).isEqualTo("not in");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "return (a, b      | t.py:2:15: expected ')', found the end of the file",
        "return a b        | t.py:2:12: expected the end of the line, found 'b'",
        "x = f(a b)        | t.py:2:11: expected ',' or ')', found 'b'",
        "x = 99999999999999999999 | t.py:2:7: the integer 99999999999999999999 is no 64-bit number",
        "x = \"abc          | t.py:2:11: a string that begins at column 7 does not end",
        "x = $             | t.py:2:7: the character U+0024 begins no token",
        "x = 1e            | t.py:2:9: a number without the digits of its exponent",
        "x = 2.5e-         | t.py:2:12: a number without the digits of its exponent",
        "x = .             | t.py:2:7: expected an expression, found '.'",
        "if a b:           | t.py:2:8: expected ':', found 'b'",
      })
  void refusesWithThePlace(String line, String message) {
    assertThatThrownBy(() -> function(line))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message);
  }

  @Test
  void refusesDeepNesting() {
    String deep = "(".repeat(100_000) + "a" + ")".repeat(100_000);
    assertThatThrownBy(() -> expression(deep))
        .hasMessage("t.py:2:110: nested deeper than the limit of 200");
    String signs = "-".repeat(100_000) + "a";
    assertThatThrownBy(() -> expression(signs)).hasMessageContaining("nested deeper");
    for (String chain : List.of("1 ** ", "1 + ", "1 < ", "not ")) {
      assertThatThrownBy(() -> expression(chain.repeat(100_000) + "1"))
          .hasMessageMatching("t.py:2:\\d+: nested deeper than the limit of 200");
    }
    for (String chain : List.of(".a", "[0]", "()")) {
      assertThatThrownBy(() -> expression("a" + chain.repeat(100_000)))
          .hasMessageMatching("t.py:2:\\d+: nested deeper than the limit of 200");
    }
    StringBuilder blocks = new StringBuilder("def f():\n");
    for (int i = 1; i < 2000; i++) {
      blocks.append(" ".repeat(i)).append("if a:\n");
    }
    assertThatThrownBy(() -> parse(blocks.toString())).hasMessageContaining("nested deeper");
  }

  /** libtorch compiles it after us, and would not end. */
  @Test
  void refusesTypesThatDouble() {
    String doubled = "t = (x, x)\n  " + "t = (t, t)\n  ".repeat(40) + "return x";
    assertThatThrownBy(() -> function(doubled))
        .hasMessage("t.py:14:8: a value of a type with more than 10000 parts; no network needs it");
    String hidden = doubled.replace("(t, t)", "[(t, torch._unwrap_optional(t))]");
    assertThatThrownBy(() -> function(hidden)).hasMessageContaining("more than 10000 parts");
    String typed = "t = (x, x)\n  " + "t = (self.a(t), self.b(t))\n  ".repeat(40) + "return x";
    assertThat(function(typed).body()).hasSize(42);
  }

  @Test
  void refusesTooMuchText() {
    ScriptLimits small = new ScriptLimits(50, 10, 10);
    assertThatThrownBy(() -> Parser.parse("t.py", "#".repeat(51), small))
        .hasMessage("t.py: 51 characters of code, more than the limit of 50");
    assertThatThrownBy(() -> Parser.parse("t.py", "a b c d e f g h i j k", small))
        .hasMessage("t.py:1:21: more than the limit of 10 tokens");
  }

  private static Expression expression(String text) {
    return ((Statement.Return) function("return " + text).body().get(0)).value().orElseThrow();
  }

  private static Definition.Function function(String body) {
    return (Definition.Function) parse("def f():\n  " + body).get("f");
  }

  private static Map<String, Definition> parse(String text) {
    return Parser.parse("t.py", text, ScriptLimits.DEFAULT);
  }
}
