package dev.lapidary.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PhraseTest {
  private final Locale usual = Locale.getDefault();

  @AfterEach
  void speakAsBefore() {
    Locale.setDefault(usual);
  }

  @Test
  void numbersAreWrittenAlikeInEveryLanguage() {
    Locale.setDefault(Locale.GERMANY);
    assertThat(Phrase.of("%.2f of %,d", 0.5, 1_000_000)).isEqualTo("0.50 of 1,000,000");
    assertThat(Failure.badInput("a rate is below %.1f", 0.5)).hasMessage("a rate is below 0.5");
    assertThat(Failure.failed("%.1f", 0.5)).hasMessage("0.5");
    assertThat(Failure.gate("%.1f", 0.5)).hasMessage("0.5");
    assertThat(Failure.unsupported("%.1f", 0.5)).hasMessage("0.5");
  }
}
