package dev.lapidary.serve.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.repository.Lease;
import dev.lapidary.serve.repository.ModelUnavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the page shows of a model; what is not known is left out.
 *
 * @param classes so many
 * @param card what its file says of itself
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PageModel(
    String name,
    String version,
    boolean takesImages,
    int classes,
    @Nullable String sha256,
    @Nullable Card card) {

  /** In words, where the card has numbers of which a person reads one. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Card(
      String architecture,
      String activation,
      String input,
      @Nullable String preprocessing,
      String quantization,
      Map<String, Double> metrics,
      @Nullable String parity,
      int golden) {
    static Card of(ModelCard card) {
      ModelCard.Input input = card.input();
      return new Card(
          card.architecture(),
          card.activation().name().toLowerCase(Locale.ROOT),
          "%d × %d × %d, %s"
              .formatted(input.channels(), input.height(), input.width(), input.dtype()),
          card.preprocessing().map(Card::words).orElse(null),
          card.quantization().map(ModelCard.Quantization::method).orElse("float32"),
          card.metrics(),
          card.parity()
              .map(p -> Phrase.of("%.1e", p.maxAbsDifference() / p.maxAbsLogit()))
              .orElse(null),
          card.golden().size());
    }

    private static String words(Preprocessing rule) {
      return "%d %s, %d × %d"
          .formatted(
              rule.resizeSize(),
              rule.interpolation().name().toLowerCase(Locale.ROOT),
              rule.cropHeight(),
              rule.cropWidth());
    }
  }

  /** Those that answer, each in the version that does. */
  static List<PageModel> of(ServerState state) {
    List<PageModel> all = new ArrayList<>();
    for (String name : state.repository().names()) {
      try (Lease<AnsweringModel> lease = state.repository().lease(name, Optional.empty())) {
        all.add(of(lease.model())); // itself, also where the name stands for several
      } catch (ModelUnavailable e) {
        // it does not answer
      }
    }
    return all;
  }

  private static PageModel of(AnsweringModel model) {
    Optional<ServedModel> images = model.classifier();
    return new PageModel(
        model.id().name(),
        model.id().version(),
        images.isPresent(),
        images.map(m -> m.labels().size()).orElse(0),
        images.map(ServedModel::sha256).orElse(null),
        images.flatMap(ServedModel::card).map(Card::of).orElse(null));
  }
}
