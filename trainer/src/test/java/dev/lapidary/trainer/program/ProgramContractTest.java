package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.Golden;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A fused kernel on the wrong list does nothing and says nothing. So: after one step every trained
 * tensor, moment and step count has changed, and nothing else has.
 */
class ProgramContractTest {
  private static final List<UpdateRule> RULES =
      List.of(
          UpdateRule.Sgd.of(0),
          new UpdateRule.Sgd(0.9, 0, true),
          new UpdateRule.Adam(0.9, 0.999, 1e-8),
          new UpdateRule.AdamW(0.9, 0.999, 1e-8),
          new UpdateRule.RmsProp(0.99, 1e-8, 0.9),
          new UpdateRule.Lars(0.9, 0.001),
          new UpdateRule.Lamb(0.9, 0.999, 1e-6));

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void oneStepChangesWhatIsTrainedAndNothingElse(int rule) {
    check(RULES.get(rule), name -> true);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void frozenLayersKeepEveryBitAndTheirStatistics(int rule) {
    check(RULES.get(rule), name -> name.startsWith("classifier."));
    check(RULES.get(rule), name -> !name.startsWith("features.0."));
  }

  @Test
  void evaluationChangesNothing() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network(), "cpu")) {
            Map<String, Tensor> before = copies(program);
            program.eval();
            try (NDManager step = program.newStep()) {
              program.logits(step, images(step));
            }
            assertThat(changed(before, copies(program))).isEmpty();
          }
          return true;
        });
  }

  @Test
  void dropoutIsAFunctionOfTheSeed() {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network(), "cpu")) {
            List<ProgramTensor> all = program.parameters();
            program.train(all.stream().map(ProgramTensor::name).collect(Collectors.toSet()));
            float one = gradients(program, all, 1).loss();
            float two = gradients(program, all, 2).loss();
            assertThat(gradients(program, all, 1).loss()).isEqualTo(one).isNotEqualTo(two);
          }
          return true;
        });
  }

  private static void check(UpdateRule rule, Predicate<String> selection) {
    Libtorch.call(
        1,
        () -> {
          try (TrainingProgram program = TrainingProgram.open(network(), "cpu");
              Optimizer optimizer = new Optimizer(program, rule)) {
            Set<String> trained =
                program.parameters().stream()
                    .map(ProgramTensor::name)
                    .filter(selection)
                    .collect(Collectors.toCollection(TreeSet::new));
            program.train(trained);
            Set<String> frozen =
                program.frozen(trained).stream()
                    .map(ProgramTensor::name)
                    .collect(Collectors.toSet());
            Map<String, Tensor> before = copies(program);
            List<ProgramTensor> parameters =
                program.parameters().stream().filter(p -> trained.contains(p.name())).toList();
            try (NDManager step = program.newStep()) {
              Gradients gradients = gradients(program, parameters, 7, step);
              assertThat(gradients.parameters()).hasSameSizeAs(trained);
              optimizer.apply(step, gradients, name -> new Optimizer.Rate(0.1, 0.01));
            }
            Set<String> expected = new TreeSet<>(before.keySet());
            expected.removeAll(frozen);
            assertThat(changed(before, copies(program))).isEqualTo(expected);
            assertThat(expected).containsAll(trained);
            checkState(optimizer.save(), trained, rule);
          }
          return true;
        });
  }

  private static void checkState(Map<String, Tensor> state, Set<String> trained, UpdateRule rule) {
    assertThat(state).hasSize(trained.size() * (1 + rule.slots().size()));
    for (String name : trained) {
      assertThat(state.get(name + ".step").toLongs()).containsExactly(1);
      for (String slot : rule.slots()) {
        double[] values = state.get(name + "." + slot).toDoubles();
        assertThat(Arrays.stream(values).anyMatch(v -> v != 0)).as(name + slot).isTrue();
      }
    }
  }

  private static Gradients gradients(TrainingProgram program, List<ProgramTensor> some, long seed) {
    try (NDManager step = program.newStep()) {
      return gradients(program, some, seed, step);
    }
  }

  private static Gradients gradients(
      TrainingProgram program, List<ProgramTensor> some, long seed, NDManager step) {
    NDArray labels = step.create(new long[] {0, 1, 2, 3});
    LossOptions loss = new LossOptions(0, List.of());
    TrainingProgram.Targets targets = TrainingProgram.Targets.of(labels);
    return program.gradients(step, images(step), targets, loss, some, seed, 1);
  }

  private static NDArray images(NDManager step) {
    float[] x = Uniform.tensor("x", 4, 3, 64, 64).toFloats();
    return step.create(x, new Shape(4, 3, 64, 64));
  }

  private static Set<String> changed(Map<String, Tensor> before, Map<String, Tensor> after) {
    return before.keySet().stream()
        .filter(name -> !before.get(name).bytes().equals(after.get(name).bytes()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, Tensor> copies(TrainingProgram program) {
    Map<String, Tensor> copies = new TreeMap<>();
    program.tensors().forEach(t -> copies.put(t.name(), t.copy()));
    return copies;
  }

  private static TorchScriptArchive network() {
    return ArchiveReader.read(Golden.archive("mobilenet_v3_small", "scripted").orElseThrow());
  }
}
