package dev.lapidary.models.zoo;

import dev.lapidary.torchscript.script.PrinterTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The text of every network here is parsed, printed and parsed again to the same tree. */
class PrintedZooTest {
  static Stream<String> architectures() {
    return Zoo.all().stream().map(Architecture::name);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void isPrintedAsItWasParsed(String name) {
    PrinterTest.same(Zoo.find(name).blank(ZooOptions.of(3, 0)).code());
  }
}
