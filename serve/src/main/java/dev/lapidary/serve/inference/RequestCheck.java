package dev.lapidary.serve.inference;

import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import dev.lapidary.serve.inference.InferenceRequest.Wanted;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Holds a request against what a network takes and gives. */
public final class RequestCheck {
  private final TensorNetwork network;
  private final int maxBatch;
  private final boolean images;

  /**
   * @param maxBatch of a network that takes batches
   * @param images whether its one input may also come as image files in {@code BYTES}
   */
  public RequestCheck(TensorNetwork network, int maxBatch, boolean images) {
    this.network = network;
    this.maxBatch = maxBatch;
    this.images = images;
  }

  /**
   * The images of a request that has such; of each the file.
   *
   * @throws InvalidRequest if they are more than a batch
   */
  public Optional<List<byte[]>> images(InferenceRequest request) {
    if (!images
        || request.inputs().size() != 1
        || !(request.inputs().get(0) instanceof TypedTensor.Texts files)
        || !files.name().equals(network.inputs().get(0).name())) {
      return Optional.empty();
    }
    boolean row =
        files.shape().size() == 1 || (files.shape().size() == 2 && files.shape().get(1) == 1);
    if (!row) {
      throw new InvalidRequest(
          "input '%s' has images in BYTES of shape %s, expected [N] or [N, 1]",
          files.name(), files.shape());
    }
    requireBatch(files.name(), files.shape().get(0));
    return Optional.of(files.elements());
  }

  /**
   * @throws InvalidRequest if an input is missing, unknown, there twice, or not as the graph has it
   */
  public void requireInputs(InferenceRequest request) {
    Set<String> names = new HashSet<>();
    for (TypedTensor input : request.inputs()) {
      TensorSpec spec = spec(network.inputs(), "input", input.name());
      if (!names.add(input.name())) {
        throw new InvalidRequest("input '%s' is there twice, expected once", spec.name());
      }
      requireFits(input, spec);
    }
    if (network.isBatched()) {
      requireSameBatch(request.inputs());
    }
    for (TensorSpec spec : network.inputs()) {
      if (!names.contains(spec.name())) {
        throw new InvalidRequest(
            "input '%s' is missing, expected %s", spec.name(), names(network.inputs()));
      }
    }
  }

  private void requireFits(TypedTensor input, TensorSpec spec) {
    if (input.type() != spec.type()) {
      throw new InvalidRequest(
          "input '%s' is %s, expected %s%s",
          spec.name(), input.type(), spec.type(), images ? " or images in BYTES of shape [N]" : "");
    }
    if (!spec.fits(input.shape())) {
      throw new InvalidRequest(
          "input '%s' has the shape %s, expected %s (-1: any)",
          spec.name(), input.shape(), spec.shape());
    }
    if (input.shape().stream().anyMatch(dim -> dim < 1)) {
      throw new InvalidRequest(
          "input '%s' has the shape %s, expected at least 1 along each dimension",
          spec.name(), input.shape());
    }
    if (network.isBatched()) {
      requireBatch(spec.name(), input.shape().get(0));
    }
    if (!spec.isGivable()) {
      throw new InvalidRequest(
          "input '%s' is %s, which this server cannot give to a network", spec.name(), spec.type());
    }
  }

  private static void requireSameBatch(List<TypedTensor> inputs) {
    TypedTensor first = inputs.get(0);
    for (TypedTensor input : inputs) {
      if (!input.shape().get(0).equals(first.shape().get(0))) {
        throw new InvalidRequest(
            "input '%s' is a batch of %d and input '%s' one of %d, expected the same",
            first.name(), first.shape().get(0), input.name(), input.shape().get(0));
      }
    }
  }

  private void requireBatch(String name, long batch) {
    if (batch < 1 || batch > maxBatch) {
      throw new InvalidRequest(
          "input '%s' is a batch of %d, expected 1..%d (--max-batch)", name, batch, maxBatch);
    }
  }

  /**
   * Those that are wanted, or all.
   *
   * @throws InvalidRequest if one is unknown, there twice, or of no numbers to take the best of
   */
  public List<Wanted> outputs(InferenceRequest request) {
    if (request.outputs().isEmpty()) {
      return network.outputs().stream().map(s -> new Wanted(s.name(), 0)).toList();
    }
    Set<String> names = new HashSet<>();
    for (Wanted wanted : request.outputs()) {
      TensorSpec spec = spec(network.outputs(), "output", wanted.name());
      if (!names.add(wanted.name())) {
        throw new InvalidRequest("output '%s' is wanted twice, expected once", spec.name());
      }
      if (wanted.classes() > 0 && !RankedOutput.isPossible(spec.type())) {
        throw new InvalidRequest(
            "output '%s' is %s, of which no classes can be told", spec.name(), spec.type());
      }
    }
    return request.outputs();
  }

  private static TensorSpec spec(List<TensorSpec> specs, String kind, String name) {
    return specs.stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidRequest(
                    "the model has no %s '%s', expected %s",
                    kind, ClientText.brief(name), names(specs)));
  }

  private static String names(List<TensorSpec> specs) {
    return specs.stream()
        .map(s -> "%s %s %s".formatted(s.name(), s.type(), s.shape()))
        .collect(Collectors.joining(", "));
  }

  /** How many images, or rows, it counts as where work is admitted. */
  public int weight(InferenceRequest request) {
    boolean batch = network.isBatched() || request.inputs().get(0).type() == DataType.BYTES;
    List<Long> shape = request.inputs().get(0).shape();
    return batch && !shape.isEmpty() ? (int) Math.min(maxBatch, shape.get(0)) : 1;
  }
}
