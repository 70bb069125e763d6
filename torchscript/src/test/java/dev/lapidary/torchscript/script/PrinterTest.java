package dev.lapidary.torchscript.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.Golden;
import dev.lapidary.torchscript.archive.ArchiveReader;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed is parsed as the same tree, and printed the same again. */
public class PrinterTest {
  @ParameterizedTest
  @MethodSource("dev.lapidary.torchscript.script.ParserTest#archives")
  void ofThirdParties(String family, String kind) {
    Golden.archive(family, kind).ifPresent(file -> same(ArchiveReader.read(file).code()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "-1",
        "- 1 ** 2",
        "(-1) ** 2",
        "2 ** 3 ** 4",
        "(2 ** 3) ** 4",
        "2 ** -x",
        "(-x) ** 2",
        "a - (b - c) - d",
        "(a + b) * c / d // e % f",
        "not a and b or not (c or d)",
        "a * (not b)",
        "a is not None and b not in [1, 2]",
        "(a < b) == (c < d)",
        "a < (b < c)",
        "~a & b | c ^ d << 2 >> 1",
        "--x",
        "-(-1)",
        "+-1",
        "-9223372036854775808",
        "9223372036854775808",
        "-0.",
        "1e-05",
        "1.0000000000000001e-05",
        "1e999",
        "-1e999",
        "12345678901234567890.",
        "5e-324",
        "2.5j",
        "(1).real",
        "(1.).x",
        "(a, b)",
        "(a,)",
        "()",
        "[(a, b), ()]",
        "f((a, b))",
        "f((a, b), c, d=(e, f), g=-1)",
        "{}",
        "{\"a\": 1, 'b': [2]}",
        "x[0]",
        "x[0, 1]",
        "x[0,]",
        "x[(0, 1),]",
        "x[()]",
        "x[:]",
        "x[1:]",
        "x[:-1]",
        "x[1:2:3, ::2, None]",
        "Dict[str, Tuple[int, List[Tensor]]]",
        "Tuple[()]",
        "a if b else c if d else e",
        "(a if b else c) if (d if e else f) else g",
        "(a if b else c) + 1",
        "[a + 1 for a in range(3)]",
        "[x for x in (a, b)]",
        "((self.a).b).forward(x, )",
        "(a + b).c(d)[e]",
        "getattr(self, \"0\").weight",
        "\"a\" \"b\" 'c'",
        "'\"' + \"'\" + \"#\" + \"([{\"",
        "\"\\\\ \\n \\t \\r \\a \\b \\f \\v \\001 \\x7f\"",
        "\"\\303\\251 \\360\\237\\230\\200 \\377\\376\"",
        "\"é 😀\"",
      })
  void ofAnExpression(String expression) {
    Map<String, Definition> tree = same("def f(x):\n  return %s\n".formatted(expression));
    Statement.Return end = (Statement.Return) ((Definition.Function) tree.get("f")).body().get(0);
    assertThat(Printer.print(end.value().orElseThrow())).isASCII().doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a + (b)            | a + b",
        "f(x, y=1, )        | f(x, y=1)",
        "x [ 1 : 2 ]        | x[1:2]",
        "( self . a ) . b   | self.a.b",
        "'it\\'s'           | \"it\\'s\"",
        "1e-05              | 1.0e-5",
        "(a, )              | (a,)",
      })
  void writesTheLeast(String expression, String printed) {
    Definition.Function f =
        (Definition.Function) parse("def f(x):\n  return %s\n".formatted(expression)).get("f");
    assertThat(Printer.print(f.body().get(0), 2)).isEqualTo("  return " + printed + "\n");
  }

  @Test
  void ofAnyTree() {
    for (int seed = 0; seed < 5000; seed++) {
      Expression tree = new RandomTree(seed).expression(4);
      String text = Printer.print(tree);
      Definition.Function f =
          (Definition.Function) parse("def f(x):\n  return %s\n".formatted(text)).get("f");
      Expression again = ((Statement.Return) f.body().get(0)).value().orElseThrow();
      assertThat(Trees.shape(again)).as("%d: %s", seed, text).isEqualTo(Trees.shape(tree));
    }
  }

  @Test
  void ofEveryStatement() {
    same(
        """
        def f(x: Tensor, # with a comment )
            y: Optional[int]=None, *, z: Tuple[int, str]=(1, "a,b")) -> Tuple[Tensor, int]:
          a, b, = x, (y, z)
          a, = x
          () = x
          (c, d), e = x
          f : Optional[List[int]] = None
          self.g[0].h = [1,
            2, # not the end
          ]
          a += 1
          a -= b
          a *= b
          a /= (b, c)
          print("a # no comment", 'b')
          a, b
          pass
          if a:
            pass
          elif b:
            return
          elif c:
            while True:
              a = 1
          else:
            for i in range(3):
              for j, k in x:
                pass
          with no_grad() as g:
            with a:
              b = 1
          def inner(x: Tensor) -> Tensor:
            return x, a
          return x if a \\
            else b
        """);
  }

  @Test
  void ofEveryKindOfClass() {
    same(
        """
        op_version_set = 1
        class Net(Module):
          __parameters__ = ["weight", "0", "a\\"b", ]
          __buffers__ = []
          __annotations__ = []
          __annotations__["0"] = Tensor
          __annotations__["a\\"b"] = Tensor
          __annotations__["def"] = Tensor
          weight : Optional[Tensor]
          k : Final[Tuple[int, int]] = (1, -1)
          n : Final[NoneType] = None
          __forward_hooks__ = ["h", ]
          def forward(self: __torch__.Net,
            x: Tensor) -> Tensor:
            return x
          def other(self):
            pass
        class Old(Module):
          __parameters__ = []
        class Plain:
          a : int
        class Empty:
          pass
        class Pair(NamedTuple):
          first : Tensor
          second : int = 2
        class Color(Enum):
          RED = "r"
          BLUE = 2
        class Api(ModuleInterface):
          def forward(self, x: Tensor) -> Tensor:
            pass
        def g(x):
          return x
        """);
  }

  @Test
  void ofASmallClassInFull() {
    String text =
        """
        class Net(Module):
          __parameters__ = ["weight", ]
          __buffers__ = []
          weight : Tensor
          training : bool
          p : Final[float] = 0.5
          __annotations__["0"] = __torch__.Other
          def forward(self: __torch__.Net,
            x: Tensor) -> Tensor:
            a, b, = torch.split(x, [1, 2], 1)
            if self.training:
              y = torch.dropout(a, 0.5, True)
            else:
              y = a
            return torch.add(y, b, alpha=1)
        """;
    assertThat(Printer.print(parse(text).values())).isEqualTo(text);
  }

  /** Each file of an archive. */
  public static void same(Map<String, String> code) {
    assertThat(code).isNotEmpty();
    code.values().forEach(PrinterTest::same);
  }

  private static Map<String, Definition> same(String text) {
    Map<String, Definition> tree = parse(text);
    String printed = Printer.print(tree.values());
    Map<String, Definition> again = parse(printed);
    assertThat(Trees.shape(again)).isEqualTo(Trees.shape(tree));
    assertThat(Printer.print(again.values())).isEqualTo(printed);
    return tree;
  }

  private static Map<String, Definition> parse(String text) {
    return Parser.parse("t.py", text, ScriptLimits.DEFAULT);
  }
}
