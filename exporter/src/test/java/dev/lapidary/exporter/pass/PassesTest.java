package dev.lapidary.exporter.pass;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PassesTest {
  static java.util.List<Pass> standard() {
    return Passes.standard();
  }

  @ParameterizedTest
  @MethodSource("standard")
  void eachPassHasCasesWhereItFiresAndWhereItDoesNot(Pass pass) throws Exception {
    String test = pass.getClass().getName() + "Test";
    PassContract contract =
        (PassContract) Class.forName(test).getDeclaredConstructor().newInstance();
    assertThat(contract.pass()).hasSameClassAs(pass);
    assertThat(contract.fires()).isNotEmpty();
    assertThat(contract.doesNotFire()).isNotEmpty();
  }
}
