package dev.lapidary.torchscript.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Node;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a program computes of text and numbers alone; expected is what libtorch gives. */
class BuiltinsTest {
  /** The number that the program multiplies the image by. */
  private static double number(Scripts program) {
    List<Node> nodes = program.trace().nodes();
    Argument factor = nodes.get(nodes.size() - 1).argument("other");
    return factor instanceof Argument.Int i ? i.value().factor() : ((Argument.Real) factor).value();
  }

  private static double number(String expression) {
    return number(Scripts.forward("return torch.mul(x, %s)".formatted(expression)));
  }

  private static boolean holds(String condition) {
    return number("annotate(float, 1.) if %s else annotate(float, 2.)".formatted(condition)) == 1;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "torch.lower(\"AbC\") | abc",
        "torch.upper(\"aé\") | Aé",
        "torch.swapcase(\"aB\") | Ab",
        "torch.capitalize(\"hELLO\") | Hello",
        "torch.title(\"hELLO wORLD 3a\") | Hello World 3A",
        "torch.strip(\" \\n a \\t\") | a",
        "torch.strip(\"xyaxy\", \"yx\") | a",
        "torch.lstrip(\"xxax\", \"x\") | ax",
        "torch.rstrip(\"xxax\", \"x\") | xxa",
        "torch.ljust(\"ab\", 4, \"-\") | ab--",
        "torch.rjust(\"ab\", 4, \"-\") | --ab",
        "torch.center(\"abc\", 8, \"*\") | **abc***",
        "torch.center(\"ab\", 5, \"*\") | **ab*",
        "torch.zfill(\"-5\", 4) | -005",
        "torch.replace(\"aXbXc\", \"X\", \"--\", 1) | a--bXc",
        "torch.replace(\"aXbXc\", \"X\", \"\", -1) | abc",
        "torch.expandtabs(\"a\\tbc\\td\", 4) | a   bc  d",
        "torch.join(\"-\", torch.split(\"a,b,,c\", \",\")) | a-b--c",
        "torch.join(\"-\", torch.split(\"a,b,c\", \",\", 1)) | a-b,c",
        "torch.join(\"-\", torch.split(\" a  b \")) | a-b",
        "torch.join(\"-\", torch.split(\" a  b \", None, -1)) | a-b",
        "torch.join(\"-\", torch.rsplit(\"a,b,c\", \",\", 1)) | a,b-c",
        "torch.join(\"-\", torch.splitlines(\"a\\nb\\r\\n\\nc\", False)) | a-b--c",
        "(torch.partition(\"k=v=w\", \"=\"))[2] | v=w",
        "(torch.rpartition(\"kv\", \"=\"))[2] | kv",
        "torch.chr(65) | A",
        "torch.hex(-255) | -0xff",
        "torch.oct(8) | 0o10",
        "torch.bin(5) | 0b101",
        "torch.slice(\"hello\", None, None, -1) | olleh",
        "torch.slice(\"hello\", 3, 0, -2) | le",
        "torch.format(\"{} {} {}\", 1, \"b\", [1, 2]) | 1 b [1, 2]",
        "torch.format(\"{}\", 1, 2) | 1",
        "torch.percentFormat(\"%s %d%% %i\", (\"a\", 3, 4)) | a 3% 4",
        "torch.percentFormat(\"%f %e\", (0.5, 0.5)) | 0.500000 5.000000e-01",
        "torch.percentFormat(\"%c%c\", (65, \"x\")) | Ax",
        "torch.percentFormat(\"%s\", [1]) | [1]",
        "str(1.) | 1.",
        "str(-2.5) | -2.5",
        "str(0.1) | 0.10000000000000001",
        "str(1e-7) | 9.9999999999999995e-08",
        "str(1e22) | 1e+22",
        "str(0.0001) | 0.0001",
        "str((3,)) | (3,)",
        "str({\"k\": 1}) | {k: 1}",
        "str(True) | True",
        "ops.prim.type(torch.device(\"cuda:1\")) | cuda",
      })
  void textIsWhatLibtorchMakes(String expression, String expected) {
    assertThat(holds("torch.eq(%s, \"%s\")".formatted(expression, expected)))
        .as(expression)
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "torch.find(\"banana\", \"a\", 2, -1) | 3",
        "torch.find(\"banana\", \"a\", -1) | 5",
        "torch.find(\"banana\", \"x\") | -1",
        "torch.rfind(\"banana\", \"a\", 0, 5) | 3",
        "torch.index(\"banana\", \"n\") | 2",
        "torch.rindex(\"banana\", \"n\") | 4",
        "torch.count(\"aaaa\", \"aa\") | 2",
        "torch.count(\"banana\", \"a\", 2, 4) | 1",
        "torch.len(torch.list(\"abc\")) | 3",
        "torch.len(torch.list(\"\")) | 0",
        "torch.ord(\"a\") | 97",
        "(torch.slice([1, 2, 3, 4], None, None, -1))[0] | 4",
        "(torch.slice([1, 2, 3, 4, 5], 3, 0, -2))[1] | 2",
        "torch.len(torch.slice([1, 2, 3], 5, 9223372036854775807, 1)) | 0",
        "(torch.min([2, 1, 3], [2, 0, 9]))[1] | 0",
        "(torch.max([2, 1], [2, 1, 0]))[1] | 1",
        "torch.__lshift__(5, 2) | 20",
        "torch.__rshift__(-5, 1) | -3",
        "(torch.divmod(-7, 2))[0] | -4",
        "(torch.divmod(-7.5, 2))[1] | 0.5",
        "torch.gcd(-12, 18) | 6",
        "torch.factorial(5) | 120",
        "torch.log(8, 2) | 3",
        "torch.fmod(-7, 3) | -1",
        "torch.copysign(3, -1.) | -3",
        "torch.degrees(1.) | 57.29577951308232",
        "torch.radians(180) | 3.141592653589793",
        "torch.atan2(1, 2) | 0.4636476090008061",
        "torch.asinh(-0.5) | -0.48121182505960347",
        "torch.acosh(1.5) | 0.9624236501192069",
        "torch.atanh(0.5) | 0.5493061443340549",
        "(torch.modf(-2.5))[0] | -0.5",
        "(torch.frexp(-8.))[0] | -0.5",
        "(torch.frexp(-8.))[1] | 4",
        "(torch.frexp(5e-324))[1] | -1073",
        "torch.ldexp(0.5, 3) | 4",
        "torch.round(2.5) | 2",
        "torch.element_size(x) | 4",
      })
  void numbersAreWhatLibtorchComputes(String expression, double expected) {
    assertThat(number(expression)).as(expression).isCloseTo(expected, within(1e-7));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "torch.isdigit(\"12\") | true",
        "torch.isdigit(\"\") | false",
        "torch.isalpha(\"aB\") | true",
        "torch.isalnum(\"a1\") | true",
        "torch.isalnum(\"_a\") | false",
        "torch.isspace(\" \\t\") | true",
        "torch.isupper(\"A1\") | true",
        "torch.islower(\"1\") | false",
        "torch.istitle(\"Ab C\") | true",
        "torch.istitle(\"AB\") | false",
        "torch.isprintable(\"\") | true",
        "torch.isidentifier(\"_a\") | false",
        "torch.startswith(\"hello\", \"el\", 1) | true",
        "torch.startswith(\"hello\", \"hel\", 0, 2) | false",
        "torch.endswith(\"hello\", \"o\", 0, -1) | true",
        "torch.endswith(\"hello\", \"el\", 0, 3) | true",
        "torch.lt(\"a\", \"b\") | true",
        "torch.ge(\"a\", \"b\") | false",
        "torch.isnan(float(\"nan\")) | true",
        "torch.isinf(float(\"-Infinity\")) | true",
        "torch.isinf(torch.div(1, 0)) | true",
        "torch.__is__(ops.prim.index(torch.device(\"cpu\")), None) | true",
        "torch.eq(torch.Size([1, 2]), [1, 2]) | true",
        "torch.is_same_size(x, x) | true",
      })
  void questionsAreAnswered(String expression, boolean expected) {
    assertThat(holds(expression)).as(expression).isEqualTo(expected);
  }

  @Test
  void listsChangeInPlace() {
    assertThat(
            number(
                Scripts.forward(
                    """
                    a = [3, 1, 2]
                    torch.sort(a, True)
                    b = torch.add_(a, [7])
                    torch.remove(a, 2)
                    torch.Delete(a, 0)
                    c = torch.mul_(a, 2)
                    names = ["b", "a"]
                    torch.sort(names)
                    ok = torch.__and__(torch.eq(b, [1, 7, 1, 7]), torch.eq(names, ["a", "b"]))
                    return torch.mul(x, 3 if ok else 5)
                    """)))
        .isEqualTo(3);
  }

  @Test
  void dictsChangeInPlace() {
    assertThat(
            number(
                Scripts.forward(
                    """
                    a = {"a": 1, "b": 2, "c": 3}
                    b = torch.copy(a)
                    torch.Delete(a, "a")
                    n = torch.pop(a, "b")
                    m = torch.pop(a, "z", 10)
                    k = torch.setdefault(a, "d", 100)
                    torch.update(a, {"e": 1000})
                    first = (torch.popitem(b))[1]
                    rest = torch.add(torch.len(a), torch.len(b))
                    torch.clear(b)
                    d = torch.dict([("a", 10000)])
                    s = torch.add(torch.add(torch.add(n, m), torch.add(k, a["e"])), torch.add(first, rest))
                    return torch.mul(x, torch.add(torch.add(s, d["a"]), torch.len(b)))
                    """)))
        .isEqualTo(2 + 10 + 100 + 1000 + 1 + 3 + 2 + 10000);
  }

  @Test
  void aMarkForProfilersIsNothing() {
    assertThat(
            Scripts.forward(
                    """
                    mark = ops.profiler._record_function_enter("a", None)
                    y = torch.relu(x)
                    _0 = ops.profiler._record_function_exit(mark)
                    return y
                    """)
                .operators())
        .containsExactly("relu");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "torch.format(\"{} {}\", 1) | too few values for",
        "torch.percentFormat(\"%s\", (1, 2)) | 2 values for",
        "torch.percentFormat(\"%.2f\", 1.) | is no specifier of TorchScript's format strings",
        "torch.split(\"a\", \"\") | an empty separator",
        "torch.replace(\"a\", \"\", \"b\") | an empty separator",
        "torch.index(\"a\", \"b\") | the text does not hold str 'b'",
        "torch.ord(\"ab\") | ord() of a text of 2 characters",
        "torch.ljust(\"a\", 100000000000) | lists and strings take more than",
        "torch.expandtabs(\"\\t\", 100000000000) | lists and strings take more than",
        "torch.slice([1], None, None, 0) | a slice with the step 0",
        "torch.__lshift__(1, 64) | a shift by 64 bits",
        "torch.popitem({}) | popitem() of an empty dict",
        "torch.factorial(21) | the factorial of 21",
      })
  void whatCannotBeIsSaid(String expression, String message) {
    Scripts script = Scripts.forward("s = %s\nreturn x".formatted(expression));
    assertThatThrownBy(script::trace).isInstanceOf(Failure.class).hasMessageContaining(message);
  }
}
