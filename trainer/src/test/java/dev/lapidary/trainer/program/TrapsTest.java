package dev.lapidary.trainer.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.trainer.plan.NamePatterns;
import dev.lapidary.trainer.program.Optimizer.Rate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What well-known snippets and DJL's own training classes get wrong, and what happens here. Traps
 * that lie elsewhere have their tests there:
 *
 * <ul>
 *   <li>a library's optimizers that are not PyTorch's (rate inside the velocity, epsilon before the
 *       correction, state that cannot be saved): {@link OptimizerTest}
 *   <li>layer-adaptive rates without bias correction: {@code OptimizerTest.lambEquals...}
 *   <li>in-place operators on lists that do nothing: {@link ProgramContractTest}
 *   <li>"resume" that loses optimizer, schedule and random state, or trains more epochs instead:
 *       {@code RunsTest}, {@code KilledRunTest}
 *   <li>early stopping against the epoch before instead of the best: {@code StagesTest}
 *   <li>a batch size search that never ends, or tries no backward: {@code TechniquesTest}
 *   <li>schedules that fail or jump at small rates: {@code ScheduleTest}
 *   <li>checkpoints whose I/O errors are swallowed: {@code DiskFaultTest}
 *   <li>weights that load with everything swallowed or with a KeyError: models' MatchTest
 *   <li>flips that never flip, uniform ratios, shuffles that are only cyclic: {@code
 *       DistributionTest}, {@code EpochOrderTest}
 * </ul>
 */
class TrapsTest {
  private static final int SIDE = 16;
  private static final Rate RATE = new Rate(0.1, 0);

  @Test
  void unfreezingALayerMeansEveryParameterBelowIt() {
    withNetwork(
        program -> {
          List<String> names = program.parameters().stream().map(ProgramTensor::name).toList();
          Set<String> below = new NamePatterns(names, List.of("fc")).match("layer3");
          assertThat(below).hasSize(21).allMatch(name -> name.startsWith("layer3."));
          Map<String, Tensor> before = copies(program);
          program.train(below);
          step(program, below, "x/0", RATE);
          Map<String, Tensor> after = copies(program);
          for (String name : names) {
            boolean same = before.get(name).bytes().equals(after.get(name).bytes());
            assertThat(same).as(name).isEqualTo(!below.contains(name));
          }
        });
  }

  @Test
  void frozenIsMoreThanARateOfZero() {
    withNetwork(
        program -> {
          Set<String> all = names(program);
          Map<String, Tensor> before = copies(program);
          program.train(all);
          step(program, all, "x/0", new Rate(0, 0));
          assertThat(changed(before, program)).contains("bn1.running_mean", "bn1.running_var");
          before = copies(program);
          Set<String> head = Set.of("fc.weight", "fc.bias");
          program.train(head);
          step(program, head, "x/1", RATE);
          assertThat(changed(before, program)).containsExactlyInAnyOrderElementsOf(head);
        });
  }

  @Test
  void trainingEverythingWithoutAStepOnTheBackboneIsNotTheSameAsAFrozenBackbone() {
    float live = firstHeadWeightAfter(null);
    float frozen = firstHeadWeightAfter(Set.of("fc.weight", "fc.bias"));
    assertThat(live).isNotEqualTo(frozen);
  }

  @Test
  void frozenLayersStayInEvalModeAfterAnEvaluationToo() {
    withNetwork(
        program -> {
          Set<String> head = Set.of("fc.weight", "fc.bias");
          program.train(head);
          program.eval();
          program.train(head);
          Map<String, Tensor> before = copies(program);
          step(program, head, "x/0", RATE);
          assertThat(changed(before, program)).containsExactlyInAnyOrderElementsOf(head);
        });
  }

  @Test
  void theFirstStepIsInTrainModeAndBatchNormIsPyTorchs() {
    withNetwork(
        program -> {
          Set<String> all = names(program);
          program.train(all);
          step(program, all, "x/0", new Rate(0, 0));
          Map<String, Tensor> after = copies(program);
          assertThat(after.get("bn1.num_batches_tracked").toLongs()).containsExactly(1);
          double[] convolved = convolvedFirstChannel(program);
          double mean = Arrays.stream(convolved).average().orElseThrow();
          double squares = Arrays.stream(convolved).map(v -> (v - mean) * (v - mean)).sum();
          double unbiased = squares / (convolved.length - 1);
          // Momentum 0.1 is the weight of the new value; sums of 2,048 float32.
          assertThat(after.get("bn1.running_mean").toDoubles()[0])
              .isCloseTo(0.1 * mean, within(1e-6));
          assertThat(after.get("bn1.running_var").toDoubles()[0])
              .isCloseTo(0.9 + 0.1 * unbiased, within(1e-5));
        });
  }

  @Test
  void gradientsNeitherAddUpNorKeepANaN() {
    withNetwork(
        program -> {
          Set<String> head = Set.of("fc.weight", "fc.bias");
          program.train(head); // BatchNorm's statistics stay, so that two calls can be equal
          try (NDManager step = program.newStep()) {
            float[] first = gradients(program, head, step, "x/0").arrays().get(0).toFloatArray();
            NDArray broken = step.full(new Shape(4, 3, SIDE, SIDE), Float.NaN);
            Gradients bad =
                program.gradients(
                    step, broken, targets(step), loss(), parameters(program, head), 1, 1);
            assertThat(bad.loss()).isNaN();
            float[] again = gradients(program, head, step, "x/0").arrays().get(0).toFloatArray();
            assertThat(again).containsExactly(first);
          }
        });
  }

  @Test
  void clippingIsTwoSidedAndTheNormIsOverAllGradients() {
    withNetwork(
        program -> {
          try (NDManager step = program.newStep()) {
            NDArray a = step.create(new float[] {-3, 0.5f});
            NDArray b = step.create(new float[] {4});
            Gradients gradients =
                new Gradients(0, a, program.parameters().subList(0, 2), List.of(a, b));
            program.clip(step, gradients, 0, 1);
            assertThat(a.toFloatArray()).containsExactly(-1, 0.5f);
            assertThat(b.toFloatArray()).containsExactly(1);
            program.clip(step, gradients, 0.75, 0);
            // |(-1, 0.5, 1)| = 1.5, so all are halved; PyTorch adds 1e-6 to the norm.
            assertThat(a.toFloatArray()[0]).isCloseTo(-0.5f, within(1e-6f));
            assertThat(b.toFloatArray()[0]).isCloseTo(0.5f, within(1e-6f));
            program.clip(step, gradients, 10, 0);
            assertThat(b.toFloatArray()[0]).isCloseTo(0.5f, within(1e-6f)); // never made longer
          }
        });
  }

  @Test
  void aTensorThatIsTrainedLaterBeginsWithItsOwnStepCount() {
    withNetwork(
        program -> {
          UpdateRule adam = new UpdateRule.Adam(0.9, 0.999, 1e-8);
          try (Optimizer optimizer = new Optimizer(program, adam)) {
            ProgramTensor bias = named(program, "fc.bias");
            ProgramTensor late = named(program, "bn1.bias");
            for (int t = 0; t < 50; t++) {
              update(program, optimizer, bias, 1);
            }
            float[] before = late.copy().toFloats();
            update(program, optimizer, late, 1);
            // Adam's first step is lr * g / (|g| + eps): a global count would make it 2.5 times.
            assertThat(before[0] - late.copy().toFloats()[0]).isCloseTo(0.1f, within(1e-6f));
            assertThat(optimizer.save().get("bn1.bias.step").toLongs()).containsExactly(1);
            assertThat(optimizer.save().get("fc.bias.step").toLongs()).containsExactly(50);
          }
        });
  }

  @Test
  void aGradientOfZeroIsAStepAndAMissingOneIsNot() {
    withNetwork(
        program -> {
          UpdateRule sgd = UpdateRule.Sgd.of(0.9);
          try (Optimizer optimizer = new Optimizer(program, sgd)) {
            ProgramTensor bias = named(program, "fc.bias");
            ProgramTensor other = named(program, "bn1.weight");
            update(program, optimizer, bias, 0);
            assertThat(optimizer.save()).containsKey("fc.bias.step");
            float[] before = other.copy().toFloats();
            update(program, optimizer, bias, 0); // a decay, but not for what has no gradient
            assertThat(other.copy().toFloats()).containsExactly(before);
            assertThat(optimizer.save()).doesNotContainKey("bn1.weight.step");
          }
        });
  }

  @Test
  void buffersAreTensorsOfTheNetworkLikeParameters() {
    withNetwork(
        program ->
            assertThat(program.tensors().stream().filter(ProgramTensor::buffer))
                .extracting(ProgramTensor::name)
                .contains("bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked"));
  }

  @Test
  void nativeArraysAreConstantOverStepsStagesAndEvaluations() {
    withNetwork(
        program -> {
          Set<String> head = Set.of("fc.weight", "fc.bias");
          UpdateRule rule = new UpdateRule.AdamW(0.9, 0.999, 1e-8);
          try (Optimizer optimizer = new Optimizer(program, rule);
              WeightAverage average = new WeightAverage(program, 0.9, false)) {
            int live = -1;
            for (int round = 0; round < 4; round++) {
              for (Set<String> trained : List.of(head, names(program))) {
                program.train(trained);
                try (NDManager step = program.newStep()) {
                  Gradients gradients = gradients(program, trained, step, "x/" + round);
                  program.clip(step, gradients, 1, 1);
                  optimizer.apply(step, gradients, name -> RATE);
                }
                average.update(round + 1L);
                average.swap();
                program.eval();
                try (NDManager step = program.newStep()) {
                  program.logits(step, images(step, "x/9"));
                }
                average.swap();
              }
              int now = program.liveArrays() + optimizer.liveArrays() + average.liveArrays();
              assertThat(round == 0 || now == live).as("%d, then %d", live, now).isTrue();
              live = now;
            }
          }
        });
  }

  private interface Work {
    void with(TrainingProgram program);
  }

  private static void withNetwork(Work work) {
    Libtorch.call(
        1,
        () -> {
          ZooOptions options = ZooOptions.of(3, 0).withInputSize(SIDE);
          try (TrainingProgram program =
              TrainingProgram.open(Zoo.find("resnet20_cifar").build(options), "cpu")) {
            work.with(program);
          }
          return true;
        });
  }

  /** After two steps on the head; {@code trained} chooses the modes, null: all. */
  private static float firstHeadWeightAfter(@Nullable Set<String> trained) {
    float[] weight = new float[1];
    withNetwork(
        program -> {
          Set<String> head = Set.of("fc.weight", "fc.bias");
          program.train(trained == null ? names(program) : trained);
          step(program, head, "x/0", RATE);
          step(program, head, "x/1", RATE);
          weight[0] = named(program, "fc.weight").copy().toFloats()[0];
        });
    return weight[0];
  }

  private static double[] convolvedFirstChannel(TrainingProgram program) {
    float[] w = named(program, "conv1.weight").copy().toFloats();
    float[] x = Uniform.tensor("x/0", 4, 3, SIDE, SIDE).toFloats();
    double[] out = new double[4 * SIDE * SIDE];
    for (int at = 0; at < out.length; at++) {
      int image = at / (SIDE * SIDE);
      int row = at / SIDE % SIDE;
      int column = at % SIDE;
      for (int tap = 0; tap < 27; tap++) {
        int y = row + tap / 3 % 3 - 1;
        int z = column + tap % 3 - 1;
        if (y >= 0 && y < SIDE && z >= 0 && z < SIDE) {
          out[at] += w[tap] * (double) x[((image * 3 + tap / 9) * SIDE + y) * SIDE + z];
        }
      }
    }
    return out;
  }

  private static void step(TrainingProgram program, Set<String> trained, String x, Rate rate) {
    try (NDManager step = program.newStep();
        Optimizer optimizer = new Optimizer(program, UpdateRule.Sgd.of(0))) {
      optimizer.apply(step, gradients(program, trained, step, x), name -> rate);
    }
  }

  private static Gradients gradients(
      TrainingProgram program, Set<String> trained, NDManager step, String x) {
    return program.gradients(
        step, images(step, x), targets(step), loss(), parameters(program, trained), 1, 1);
  }

  private static void update(
      TrainingProgram program, Optimizer optimizer, ProgramTensor tensor, float gradient) {
    try (NDManager step = program.newStep()) {
      NDArray array = step.full(tensor.array().getShape(), gradient);
      optimizer.apply(
          step,
          new Gradients(0, array, List.of(tensor), List.of(array)),
          name -> new Rate(0.1, gradient == 0 ? 0.5 : 0));
    }
  }

  private static NDArray images(NDManager step, String name) {
    return step.create(
        Uniform.tensor(name, 4, 3, SIDE, SIDE).toFloats(), new Shape(4, 3, SIDE, SIDE));
  }

  private static TrainingProgram.Targets targets(NDManager step) {
    return TrainingProgram.Targets.of(step.create(new long[] {0, 1, 2, 0}));
  }

  private static LossOptions loss() {
    return new LossOptions(0, List.of());
  }

  private static List<ProgramTensor> parameters(TrainingProgram program, Set<String> some) {
    return program.parameters().stream().filter(p -> some.contains(p.name())).toList();
  }

  private static ProgramTensor named(TrainingProgram program, String name) {
    return program.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static Set<String> names(TrainingProgram program) {
    return program.parameters().stream().map(ProgramTensor::name).collect(Collectors.toSet());
  }

  private static Set<String> changed(Map<String, Tensor> before, TrainingProgram program) {
    Map<String, Tensor> after = copies(program);
    return before.keySet().stream()
        .filter(name -> !before.get(name).bytes().equals(after.get(name).bytes()))
        .collect(Collectors.toSet());
  }

  private static Map<String, Tensor> copies(TrainingProgram program) {
    Map<String, Tensor> copies = new TreeMap<>();
    program.tensors().forEach(t -> copies.put(t.name(), t.copy()));
    return copies;
  }
}
