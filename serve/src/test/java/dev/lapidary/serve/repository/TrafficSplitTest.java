package dev.lapidary.serve.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrafficSplitTest {
  private static List<String> turns(String text, int count) {
    TrafficSplit split = TrafficSplit.parse(text);
    List<String> turns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      turns.add(split.turn().get(0).toString());
    }
    return turns;
  }

  @Test
  void eachGetsItsShareInEvenTurns() {
    assertThat(turns("s=a:0.9,b:0.1", 20)).containsOnly("a", "b");
    for (int from = 0; from < 20; from += 10) {
      assertThat(turns("s=a:0.9,b:0.1", 20).subList(from, from + 10))
          .filteredOn("b"::equals)
          .hasSize(1);
    }
    assertThat(turns("s=a:2,b:1,c:1", 4)).containsExactly("a", "b", "c", "a");
    assertThat(turns("s=a:2,b:1,c:1", 4000)).filteredOn("a"::equals).hasSize(2000);
    assertThat(turns("s=a/1:50,a/2:50", 4)).containsExactly("a/1", "a/2", "a/1", "a/2");
  }

  @Test
  void whoseTurnItIsStandsBeforeTheOthersByTheirShares() {
    TrafficSplit split = TrafficSplit.parse("s=a:1,b/2:3,c:2");
    assertThat(split.turn())
        .extracting(TrafficSplit.Target::toString)
        .containsExactly("b/2", "c", "a");
    assertThat(split.turn())
        .extracting(TrafficSplit.Target::toString)
        .containsExactly("c", "b/2", "a");
    assertThat(split.targets().get(1).version()).isEqualTo(Optional.of("2"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "shoes             | it names nothing",
        "=a:1,b:1          | it names nothing",
        "../s=a:1,b:1      | it names nothing",
        "s=a:1             | it has one model alone",
        "s=                | '' has no share",
        "s=a:1,b           | 'b' has no share",
        "s=a:1,b:1,        | '' has no share",
        "s=a:1,b:-1        | the share '-1' is no positive number",
        "s=a:1,b:0         | the share '0' is no positive number",
        "s=a:1,b:NaN       | the share 'NaN' is no positive number",
        "s=a:1,b:x         | the share 'x' is no positive number",
        "s=a:1,b/1/2:1     | 'b/1/2' is no model's name",
        "s=a:1,b c:1       | 'b c' is no model's name",
        "s=a:1,b:1,a:2     | a is there twice"
      })
  void whatIsNoSplitIsRefused(String text, String why) {
    assertThatThrownBy(() -> TrafficSplit.parse(text))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "--split %s: %s, expected NAME=MODEL:SHARE,MODEL:SHARE such as shoes=shoes:0.9,shoes-int8:0.1"
                .formatted(text, why));
  }
}
