package dev.lapidary.trainer.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lapidary.core.tensor.Tensor;
import java.util.List;

/**
 * What a stage of a run is going to do, read off the loop's own objects.
 *
 * @param stepsPerEpoch optimizer steps
 * @param optimizer as run.yaml writes it, such as {@code sgd momentum 0.9}
 * @param schedule likewise
 * @param factors of the schedule, at {@code steps}: what every rate is multiplied by
 * @param steps of the stage, from 0, the last one among them
 * @param groups of parameters, from the stem to the head
 * @param memory an estimate
 */
public record StagePlan(
    String name,
    int epochs,
    int batchSize,
    int accumulate,
    long stepsPerEpoch,
    String optimizer,
    String schedule,
    String augment,
    List<Double> factors,
    List<Long> steps,
    List<Group> groups,
    Memory memory) {

  /**
   * Parameters of one part of the network that share everything said here.
   *
   * @param name of the part, such as {@code layer1}
   * @param rate the learning rate before the schedule; 0 if frozen
   * @param batchNorms modules with running statistics in this part
   * @param liveBatchNorms those of them that normalize by the batch and move their statistics
   * @param members the tensors
   */
  public record Group(
      String name,
      boolean trained,
      double rate,
      double weightDecay,
      int batchNorms,
      int liveBatchNorms,
      List<Member> members) {
    @JsonProperty
    public int tensors() {
      return members.size();
    }

    /** Numbers in the tensors. */
    @JsonProperty
    public long parameters() {
      return members.stream().mapToLong(m -> Tensor.numel(m.sizes())).sum();
    }

    /** Tensors that pretrained weights filled. */
    public int fromFile() {
      return (int) members.stream().filter(Member::pretrained).count();
    }

    /** {@code pretrained}, {@code new} or how many of both. */
    @JsonProperty
    public String origin() {
      return parts(fromFile(), "pretrained", tensors(), "new");
    }

    /** {@code frozen}, {@code live}, how many of both, or a dash. */
    @JsonProperty
    public String batchNorm() {
      return batchNorms == 0 ? "-" : parts(liveBatchNorms, "live", batchNorms, "frozen");
    }

    private static String parts(int count, String name, int all, String others) {
      if (count == all) {
        return name;
      }
      return count == 0 ? others : "%d %s, %d %s".formatted(count, name, all - count, others);
    }
  }

  /**
   * One tensor.
   *
   * @param pretrained whether its values come from a file, else they are drawn at random
   */
  public record Member(String name, List<Long> shape, boolean pretrained) {
    long[] sizes() {
      return shape.stream().mapToLong(size -> size).toArray();
    }
  }

  /**
   * Bytes while the stage trains, without the data's.
   *
   * @param weights parameters and buffers, and their moving average if there is one
   * @param gradients of what is trained
   * @param optimizer its moments
   * @param activations kept for the backward pass, at most: every operator's result above the first
   *     trained tensor, and the largest two below; 0 if the network could not be traced
   * @param checkpoints copies that are written while training goes on, at most
   * @param process what Java and libtorch take themselves
   */
  public record Memory(
      long weights,
      long gradients,
      long optimizer,
      long activations,
      long checkpoints,
      long process) {
    /** Measured: what a run of a network of 1 MB took more than the other parts say. */
    public static final long PROCESS = 480_000_000;

    public long total() {
      return weights + gradients + optimizer + activations + checkpoints + process;
    }
  }

  public int trainedTensors() {
    return groups.stream().filter(Group::trained).mapToInt(Group::tensors).sum();
  }

  public long trainedParameters() {
    return groups.stream().filter(Group::trained).mapToLong(Group::parameters).sum();
  }

  public long parameters() {
    return groups.stream().mapToLong(Group::parameters).sum();
  }

  public double topFactor() {
    return factors.stream().mapToDouble(f -> f).max().orElse(1);
  }
}
