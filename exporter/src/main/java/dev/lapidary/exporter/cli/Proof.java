package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Phrase;

/** How commands tell a parity. */
final class Proof {
  private Proof() {}

  static void put(ObjectNode json, ModelCard.Parity parity) {
    json.put("reference", parity.reference())
        .put("runtime", parity.runtime())
        .put("maxAbsDifference", parity.maxAbsDifference())
        .put("maxAbsLogit", parity.maxAbsLogit())
        .put("argmaxAgreement", parity.argmaxAgreement());
  }

  /** {@code by 2.2e-07 of the greatest logit (1e-04 passes)}. */
  static String text(ModelCard.Parity parity) {
    return Phrase.of(
        "by %.1e of the greatest logit (%.0e passes)", relative(parity), parity.bound());
  }

  /** The greatest difference relative to the greatest logit; 0 if all logits are 0 in both. */
  static double relative(ModelCard.Parity parity) {
    return parity.maxAbsDifference() == 0 ? 0 : parity.maxAbsDifference() / parity.maxAbsLogit();
  }
}
