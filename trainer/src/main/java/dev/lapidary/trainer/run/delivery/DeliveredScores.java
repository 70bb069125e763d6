package dev.lapidary.trainer.run.delivery;

import dev.lapidary.trainer.run.evaluate.ValidationScores;
import java.util.Optional;

/** How good the delivered weights are. */
public record DeliveredScores(ValidationScores validation, Optional<ValidationScores> test) {}
