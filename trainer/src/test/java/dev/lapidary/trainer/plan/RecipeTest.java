package dev.lapidary.trainer.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecipeTest {
  @Test
  void eachOptimizerHasAUsualRate() {
    for (String optimizer : RunDefaults.OPTIMIZERS.keySet()) {
      for (Recipe recipe : Recipe.values()) {
        for (String architecture : new String[] {"resnet18", "vit_b_16"}) {
          assertThat(recipe.rate(optimizer, Optional.of(architecture)))
              .as("%s, %s, %s", recipe, optimizer, architecture)
              .isBetween(1e-5, 1.0);
        }
      }
    }
  }

  @Test
  void noOptimizerIsGivenAnothersRate() {
    assertThatThrownBy(() -> Recipe.TRANSFER.rate("adagrad", Optional.empty()))
        .hasMessage("no usual rate of the optimizer adagrad");
  }

  @Test
  void networksWithLayerNormsGoGentlyWhereTheyArePretrained() {
    assertThat(Recipe.TRANSFER.rate("adamw", Optional.of("vit_b_16"))).isEqualTo(1e-4);
    assertThat(Recipe.TRANSFER.rate("adamw", Optional.of("resnet18"))).isEqualTo(2e-3);
    assertThat(Recipe.SCRATCH.rate("adamw", Optional.of("vit_b_16"))).isEqualTo(1e-3);
  }
}
