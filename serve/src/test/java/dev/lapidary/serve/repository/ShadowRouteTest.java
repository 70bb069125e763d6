package dev.lapidary.serve.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShadowRouteTest {
  @Test
  void itIsAModelAndAnotherOneOrAVersionOfIt() {
    assertThat(ShadowRoute.parse("shoes=shoes-int8"))
        .isEqualTo(new ShadowRoute("shoes", "shoes-int8", Optional.empty()))
        .hasToString("shoes=shoes-int8");
    assertThat(ShadowRoute.parse("shoes=hats/2"))
        .isEqualTo(new ShadowRoute("shoes", "hats", Optional.of("2")))
        .hasToString("shoes=hats/2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "shoes        | it names no model",
        "=hats        | it names no model",
        "../s=hats    | it names no model",
        "a/1=hats     | it names no model",
        "shoes=       | '' is no model's name",
        "shoes=a=b    | 'a=b' is no model's name",
        "shoes=a/1/2  | 'a/1/2' is no model's name",
        "shoes=a/     | 'a/' is no model's name",
        "shoes=a,b    | 'a,b' is no model's name",
        "shoes=shoes  | a model cannot be its own shadow",
        "shoes=shoes/2| a model cannot be its own shadow"
      })
  void whatIsNoneIsRefused(String text, String why) {
    assertThatThrownBy(() -> ShadowRoute.parse(text))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "--shadow %s: %s, expected NAME=MODEL such as shoes=shoes-int8".formatted(text, why));
  }
}
