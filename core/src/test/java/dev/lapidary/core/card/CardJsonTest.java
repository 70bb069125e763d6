package dev.lapidary.core.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.ModelCard.Input;
import dev.lapidary.core.card.ModelCard.Parity;
import dev.lapidary.core.card.ModelCard.Provenance;
import dev.lapidary.core.card.ModelCard.Quantization;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CardJsonTest {
  private static final ModelCard CARD =
      new ModelCard(
          "shoes",
          "1",
          "resnet18",
          List.of("Sandal", "Sneaker"),
          Activation.SOFTMAX,
          Scores.LOGITS,
          new Input("input", "NCHW", 3, 224, 224, "float32"),
          Optional.of(Preprocessing.imageNet(256, 224)),
          Optional.empty(),
          new TreeMap<>(Map.of("val_accuracy", 0.9)),
          Provenance.UNKNOWN,
          Optional.empty(),
          Optional.of(new Parity("libtorch 2.7.1", "onnxruntime", "", "", 1e-6, 3, 1e-4, 1)),
          List.of(new GoldenImage("AA==", "00", List.of(1f, -2.5f), 1e-3)));

  @Test
  void roundTrip() {
    assertThat(CardJson.read(CardJson.write(CARD), "m.onnx")).isEqualTo(CARD);
  }

  /** Black is not written. */
  private interface OverBlack {
    @JsonIgnore
    Background alpha();
  }

  /** Whoever does not know it would put such images on black, so the card is of another format. */
  @Test
  void aBackgroundIsWrittenAndMakesAnotherFormat() {
    ModelCard white =
        new ModelCard(
            CARD.name(),
            CARD.version(),
            CARD.architecture(),
            CARD.labels(),
            CARD.activation(),
            CARD.scores(),
            CARD.input(),
            CARD.preprocessing().map(rule -> rule.over(Background.WHITE)),
            Optional.empty(),
            CARD.metrics(),
            CARD.provenance(),
            CARD.quantization(),
            CARD.parity(),
            CARD.golden());
    String json = CardJson.write(white);
    assertThat(json)
        .startsWith("{\"format\":2,\"name\":")
        .contains("\"colour\":\"RGB\",\"alpha\":\"#ffffff\"}");
    assertThat(CardJson.read(json, "m.onnx")).isEqualTo(white);
    assertThat(CardJson.write(CARD)).doesNotContain("alpha", "format");
    String odd = json.replace("#ffffff", "transparent");
    assertThatThrownBy(() -> CardJson.read(odd, "m.onnx"))
        .hasMessageContaining("[m.onnx] its model card is not readable")
        .hasMessageContaining("expected black, white or a colour such as #7f7f7f");
  }

  /** The writer names each field itself: none may be forgotten, none be in another place. */
  @Test
  void writesWhatBindingTheRecordWrites() throws JsonProcessingException {
    JsonMapper bound =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addMixIn(Preprocessing.class, OverBlack.class)
            .build();
    ModelCard all =
        CARD.withScoring(Scoring.of(Scores.SIGMOID))
            .withQuantization(
                new Quantization(
                    "int8",
                    "entropy",
                    8,
                    "ab",
                    0.25,
                    List.of(new Fallback("\"a\"/\u00e9", "b")),
                    "web"));
    assertThat(CardJson.write(all))
        .isEqualTo(
            bound
                .writeValueAsString(all)
                .replace(",\"anySize\":false", "")
                .replace(",\"trunk\":null", ""));
    ModelCard least =
        new ModelCard(
            "",
            "",
            "",
            List.of(),
            Activation.SIGMOID,
            Scores.SIGMOID,
            CARD.input(),
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(Map.of("b", Double.NaN, "a", 1e300)),
            Provenance.UNKNOWN,
            Optional.empty(),
            Optional.empty(),
            List.of());
    assertThat(CardJson.write(least))
        .isEqualTo(
            bound
                .writeValueAsString(least)
                .replace(",\"anySize\":false", "")
                .replace(",\"trunk\":null", ""));
    ModelCard head = all.withTrunk(TRUNK);
    assertThat(CardJson.write(head))
        .isEqualTo(bound.writeValueAsString(head).replace(",\"anySize\":false", ""));
  }

  private static final Trunk TRUNK = new Trunk("0123456789abcdef".repeat(4), "features", 512);

  /** Whoever passes over it gives the head images, which its graph refuses. */
  @Test
  void aHeadSaysWhichTrunkItIsOf() {
    ModelCard head = CARD.withTrunk(TRUNK);
    String json = CardJson.write(head);
    assertThat(CardJson.read(json, "shoes.onnx")).isEqualTo(head);
    assertThat(CardJson.write(CARD)).doesNotContain("trunk");
    assertThat(CardJson.read(CardJson.write(CARD), "m.onnx").trunk()).isEmpty();
    String cut = json.replace(TRUNK.sha256(), "0123456789abcdef");
    assertThatThrownBy(() -> CardJson.read(cut, "shoes.onnx"))
        .hasMessageContaining("[shoes.onnx] its model card is not readable")
        .hasMessageContaining(
            "the trunk's sha256 is '0123456789abcdef', expected 64 hexadecimal digits");
    String none = json.replace("\"features\":512", "\"features\":0");
    assertThatThrownBy(() -> CardJson.read(none, "shoes.onnx"))
        .hasMessageContaining("the trunk gives 0 features, expected at least 1");
    String unnamed = json.replace("\"output\":\"features\"", "\"output\":\" \"");
    assertThatThrownBy(() -> CardJson.read(unnamed, "shoes.onnx"))
        .hasMessageContaining("the trunk's output has no name");
  }

  /** Cards were written before there was an activation, and those of a softmax still are so. */
  @Test
  void anActivationIsWrittenOnlyIfItIsNoSoftmax() {
    assertThat(CARD.activation()).isEqualTo(Activation.SOFTMAX);
    assertThat(CardJson.write(CARD)).doesNotContain("activation");
    ModelCard tags = CARD.withActivation(Activation.SIGMOID);
    assertThat(CardJson.write(tags))
        .isEqualTo(
            CardJson.write(CARD).replace("\"input\":{", "\"activation\":\"sigmoid\",\"input\":{"));
    assertThat(CardJson.read(CardJson.write(tags), "m.onnx")).isEqualTo(tags);
    assertThatThrownBy(
            () -> CardJson.read(CardJson.write(tags).replace("sigmoid", "tanh"), "m.onnx"))
        .hasMessageStartingWith("[m.onnx] its model card is not readable: ");
  }

  /** Cards of files for a CPU are what they were before there were targets. */
  @Test
  void aTargetIsWrittenOnlyIfItIsNoCpu() {
    Quantization cpu =
        new Quantization("int8", "minmax", 8, "ab", 0.25, List.of(), Quantization.CPU);
    String json = CardJson.write(CARD.withQuantization(cpu));
    assertThat(json).doesNotContain("target");
    assertThat(CardJson.read(json, "m.onnx").quantization()).contains(cpu);
    Quantization web = new Quantization("int8", "minmax", 8, "ab", 0.25, List.of(), "web");
    String other = CardJson.write(CARD.withQuantization(web));
    assertThat(other)
        .isEqualTo(json.replace("\"fallbacks\":[]", "\"fallbacks\":[],\"target\":\"web\""));
    assertThat(CardJson.read(other, "m.onnx").quantization()).contains(web);
  }

  @Test
  void scoresOfLogits() {
    assertThat(Activation.SIGMOID.probabilities(0, 1000, -1000)).containsExactly(0.5, 1, 0);
    assertThat(Activation.SOFTMAX.probabilities(1000, 1000)).containsExactly(0.5, 0.5);
  }

  @Test
  void refusesWhatIsNoCard() {
    assertThatThrownBy(() -> CardJson.read("{\"name\":\"x\"}", "m.onnx"))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[m.onnx] its model card is not readable: ")
        .hasMessageEndingWith("; export the model again");
  }

  @Test
  void aCardOfANewerFormatIsRefusedAndNotHalfUnderstood() {
    String json = CardJson.write(CARD);
    assertThat(json).doesNotContain("\"format\"");
    assertThat(CardJson.read(json.replaceFirst("\\{", "{\"format\":1,\"new\":[2],"), "m.onnx"))
        .isEqualTo(CARD);
    assertThatThrownBy(() -> CardJson.read(json.replaceFirst("}$", ",\"format\":7}"), "m.onnx"))
        .isInstanceOf(Failure.class)
        .hasMessage(
            "[m.onnx] its model card is of format 7, expected at most 2: a newer Lapidary wrote it;"
                + " use that one, or export the model again with this one");
  }

  /** An image of the crop's size would be resized once more: readers of format 1 must refuse it. */
  @Test
  void anInputOfAnySizeIsOfFormatTwo() {
    ModelCard anySize = CARD.withInput(CARD.input().asAnySize());
    String json = CardJson.write(anySize);
    assertThat(json)
        .startsWith("{\"format\":2,\"name\":")
        .contains("\"layout\":\"NHWC\"", "\"dtype\":\"uint8\",\"anySize\":true}");
    assertThat(CardJson.read(json, "m.onnx")).isEqualTo(anySize);
    assertThat(CardJson.write(CARD.withInput(CARD.input().asLevels()))).doesNotContain("anySize");
    assertThatThrownBy(() -> CardJson.read(json.replace("uint8", "float32"), "m.onnx"))
        .hasMessage(
            "[m.onnx] its model card is not readable: Cannot construct instance of"
                + " `dev.lapidary.core.card.ModelCard$Input`, problem: an input of any size is NHWC"
                + " uint8, not NHWC float32; export the model again");
  }

  /** A card comes with a file of anyone's: what it holds is what the record says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"float32\" | null",
        "\"resnet18\" | null",
        "\"height\":224 | \"height\":-1",
        "\"width\":224 | \"width\":2000000000",
        "\"channels\":3 | \"channels\":0",
        "\"Sneaker\" | null",
      })
  void refusesWhatNoCardHolds(String sound, String broken) {
    String json = CardJson.write(CARD).replace(sound, broken);
    assertThat(json).contains(broken);
    assertThatThrownBy(() -> CardJson.read(json, "m.onnx"))
        .isInstanceOf(Failure.class)
        .hasMessageStartingWith("[m.onnx] its model card is not readable: ");
    assertThatThrownBy(() -> CardJson.read("null", "m.onnx"))
        .hasMessage("[m.onnx] its model card is null; export the model again");
  }
}
