package dev.lapidary.core.card;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.ModelCard.Input;
import dev.lapidary.core.card.ModelCard.Parity;
import dev.lapidary.core.card.ModelCard.Provenance;
import dev.lapidary.core.card.ModelCard.Quantization;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A model card as JSON, field by field: what binds a record by reflection needs a tenth of a second
 * before its first one, a twentieth of an export.
 */
final class CardWriter {
  private static final JsonFactory JSON = new JsonFactory();

  private final JsonGenerator json;

  private CardWriter(JsonGenerator json) {
    this.json = json;
  }

  static String write(ModelCard card) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      new CardWriter(json).card(card);
    }
    return text.toString();
  }

  private void card(ModelCard card) throws IOException {
    json.writeStartObject();
    boolean background = card.preprocessing().filter(CardWriter::hasBackground).isPresent();
    if (card.input().anySize() || background) { // what a reader of format 1 would feed wrongly
      json.writeNumberField("format", ModelCard.FORMAT);
    }
    json.writeStringField("name", card.name());
    json.writeStringField("version", card.version());
    json.writeStringField("architecture", card.architecture());
    json.writeArrayFieldStart("labels");
    for (String label : card.labels()) {
      json.writeString(label);
    }
    json.writeEndArray();
    if (card.activation() != Activation.SOFTMAX) { // which every reader takes for granted
      json.writeStringField("activation", card.activation().name().toLowerCase(Locale.ROOT));
    }
    if (card.scores() != Scores.LOGITS) { // which every reader takes for granted
      json.writeStringField("scores", card.scores().label());
    }
    input(card.input());
    if (card.preprocessing().isPresent()) {
      preprocessing(card.preprocessing().get());
    } else {
      json.writeNullField("preprocessing");
    }
    if (card.trunk().isPresent()) { // cards of whole networks keep their bytes
      trunk(card.trunk().get());
    }
    json.writeObjectFieldStart("metrics");
    for (Map.Entry<String, Double> metric : card.metrics().entrySet()) {
      json.writeNumberField(metric.getKey(), metric.getValue());
    }
    json.writeEndObject();
    provenance(card.provenance());
    if (card.quantization().isPresent()) {
      quantization(card.quantization().get());
    } else {
      json.writeNullField("quantization");
    }
    if (card.parity().isPresent()) {
      parity(card.parity().get());
    } else {
      json.writeNullField("parity");
    }
    json.writeArrayFieldStart("golden");
    for (GoldenImage image : card.golden()) {
      golden(image);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void input(Input input) throws IOException {
    json.writeObjectFieldStart("input");
    json.writeStringField("name", input.name());
    json.writeStringField("layout", input.layout());
    json.writeNumberField("channels", input.channels());
    json.writeNumberField("height", input.height());
    json.writeNumberField("width", input.width());
    json.writeStringField("dtype", input.dtype());
    if (input.anySize()) {
      json.writeBooleanField("anySize", true);
    }
    json.writeEndObject();
  }

  private void trunk(Trunk trunk) throws IOException {
    json.writeObjectFieldStart("trunk");
    json.writeStringField("sha256", trunk.sha256());
    json.writeStringField("output", trunk.output());
    json.writeNumberField("features", trunk.features());
    json.writeEndObject();
  }

  private void preprocessing(Preprocessing rule) throws IOException {
    json.writeObjectFieldStart("preprocessing");
    json.writeStringField("resize", rule.resize().name());
    json.writeNumberField("resizeSize", rule.resizeSize());
    json.writeStringField("interpolation", rule.interpolation().name());
    json.writeNumberField("cropHeight", rule.cropHeight());
    json.writeNumberField("cropWidth", rule.cropWidth());
    floats("mean", rule.mean());
    floats("std", rule.std());
    json.writeStringField("colour", rule.colour().name());
    if (hasBackground(rule)) { // black is what every reader takes for granted
      json.writeStringField("alpha", rule.alpha().toString());
    }
    json.writeEndObject();
  }

  private static boolean hasBackground(Preprocessing rule) {
    return !rule.alpha().equals(Background.BLACK);
  }

  private void provenance(Provenance provenance) throws IOException {
    json.writeObjectFieldStart("provenance");
    json.writeStringField("runId", provenance.runId());
    json.writeStringField("datasetSha256", provenance.datasetSha256());
    json.writeStringField("weightsSource", provenance.weightsSource());
    json.writeStringField("weightsSha256", provenance.weightsSha256());
    json.writeEndObject();
  }

  private void quantization(Quantization how) throws IOException {
    json.writeObjectFieldStart("quantization");
    json.writeStringField("method", how.method());
    json.writeStringField("calibrator", how.calibrator());
    json.writeNumberField("calibrationImages", how.calibrationImages());
    json.writeStringField("calibrationSha256", how.calibrationSha256());
    json.writeNumberField("logitNoise", how.logitNoise());
    json.writeArrayFieldStart("fallbacks");
    for (Fallback fallback : how.fallbacks()) {
      json.writeStartObject();
      json.writeStringField("layer", fallback.layer());
      json.writeStringField("reason", fallback.reason());
      json.writeEndObject();
    }
    json.writeEndArray();
    if (!how.target().equals(Quantization.CPU)) { // as alpha: cards without it keep their bytes
      json.writeStringField("target", how.target());
    }
    json.writeEndObject();
  }

  private void parity(Parity parity) throws IOException {
    json.writeObjectFieldStart("parity");
    json.writeStringField("reference", parity.reference());
    json.writeStringField("runtime", parity.runtime());
    json.writeStringField("inputs", parity.inputs());
    json.writeStringField("inputsSha256", parity.inputsSha256());
    json.writeNumberField("maxAbsDifference", parity.maxAbsDifference());
    json.writeNumberField("maxAbsLogit", parity.maxAbsLogit());
    json.writeNumberField("bound", parity.bound());
    json.writeNumberField("argmaxAgreement", parity.argmaxAgreement());
    json.writeEndObject();
  }

  private void golden(GoldenImage image) throws IOException {
    json.writeStartObject();
    json.writeStringField("pngBase64", image.pngBase64());
    json.writeStringField("inputSha256", image.inputSha256());
    floats("logits", image.logits());
    json.writeNumberField("tolerance", image.tolerance());
    json.writeEndObject();
  }

  private void floats(String field, List<Float> values) throws IOException {
    json.writeArrayFieldStart(field);
    for (float value : values) {
      json.writeNumber(value);
    }
    json.writeEndArray();
  }
}
