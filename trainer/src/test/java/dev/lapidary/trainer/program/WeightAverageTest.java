package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveReader;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightAverageTest {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void equalsTimmsFormula(boolean warmup) {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(TinyNetwork.of(8), "cpu");
              WeightAverage average = new WeightAverage(program, 0.9, warmup)) {
            double[] expected = Uniform.u("p", 8);
            for (int t = 1; t <= 30; t++) {
              Tensor now = Uniform.tensor("p/" + t, 8);
              program.write(program.parameters().get(0).array(), now.bytes());
              average.update(t);
              double decay = t == 1 ? 0 : warmup ? Math.min(0.9, 1 - Math.pow(t, -2.0 / 3)) : 0.9;
              float[] found = average.save().get("p").toFloats();
              for (int i = 0; i < 8; i++) {
                expected[i] = decay * expected[i] + (1 - decay) * now.toDoubles()[i];
                // float32 against float64 on numbers of order 1
                assertThat((double) found[i]).isCloseTo(expected[i], within(1e-6));
              }
            }
          }
          return true;
        });
  }

  @Test
  void averagesFloatParametersAndBuffersAndLeavesWhatDoesNotMoveBitForBit() {
    Libtorch.call(
        1,
        () -> {
          var network =
              ArchiveReader.read(Golden.archive("mobilenet_v2", "scripted").orElseThrow());
          try (TrainingProgram program = TrainingProgram.open(network, "cpu");
              WeightAverage average = new WeightAverage(program, 0.99, false)) {
            ProgramTensor moved = program.parameters().get(0);
            Map<String, Tensor> before = copies(program);
            average.update(1);
            average.update(2);
            program.write(moved.array(), Uniform.tensor("new", moved.shape()).bytes());
            average.update(3);
            Map<String, Tensor> averages = average.save();
            assertThat(averages).containsKey("features.0.1.running_mean");
            assertThat(averages).doesNotContainKey("features.0.1.num_batches_tracked");
            averages.forEach(
                (name, tensor) ->
                    assertThat(tensor.bytes().equals(before.get(name).bytes()))
                        .as(name)
                        .isEqualTo(!name.equals(moved.name())));
          }
          return true;
        });
  }

  @Test
  void swappingTwiceIsNeverAndASavedAverageIsRestored() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(TinyNetwork.of(8), "cpu");
              WeightAverage average = new WeightAverage(program, 0.9, false);
              WeightAverage other = new WeightAverage(program, 0.9, false)) {
            Tensor weights = Uniform.tensor("other", 8);
            program.write(program.parameters().get(0).array(), weights.bytes());
            average.update(2);
            Tensor mean = average.save().get("p");
            average.swap();
            assertThat(copies(program).get("p").toFloats()).containsExactly(mean.toFloats());
            average.swap();
            assertThat(copies(program).get("p").toFloats()).containsExactly(weights.toFloats());
            assertThat(average.save().get("p").toFloats()).containsExactly(mean.toFloats());
            other.restore(average.save());
            assertThat(other.save().get("p").toFloats()).containsExactly(mean.toFloats());
          }
          return true;
        });
  }

  private static Map<String, Tensor> copies(TrainingProgram program) {
    Map<String, Tensor> copies = new TreeMap<>();
    program.tensors().forEach(t -> copies.put(t.name(), t.copy()));
    return copies;
  }
}
