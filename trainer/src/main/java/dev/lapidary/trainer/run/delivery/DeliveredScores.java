package dev.lapidary.trainer.run.delivery;

import dev.lapidary.trainer.run.evaluate.Scores;
import java.util.Optional;

/** How good the delivered weights are. */
public record DeliveredScores(Scores validation, Optional<Scores> test) {}
