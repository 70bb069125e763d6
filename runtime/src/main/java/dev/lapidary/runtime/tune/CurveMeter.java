package dev.lapidary.runtime.tune;

import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** Measures a network's {@link LatencyCurve} beside nothing else. */
public final class CurveMeter {
  private static final int FEWEST_RUNS = 5;

  /** Of one size, if {@link #FEWEST_RUNS} take no longer. */
  private static final long SIZE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  /** Larger batches of a network that takes so long say nothing that the smaller ones do not. */
  private static final long LONG_RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);

  private final TypedTensor.Numbers image;
  private final int maxBatch;
  private final BooleanSupplier alone;

  /**
   * @param image one, of the network's only input
   * @param maxBatch 1 of a network that takes no more
   * @param alone asked before each run; once it is false nothing more is measured
   */
  public CurveMeter(TypedTensor.Numbers image, int maxBatch, BooleanSupplier alone) {
    this.image = image;
    this.maxBatch = maxBatch;
    this.alone = alone;
  }

  /**
   * @param executors runs that go on at a time, each on a thread of its own
   * @param threads of each run, as the network was opened
   * @return empty if it was not alone all the time
   * @throws TensorNetwork.Unrunnable if the network fails
   */
  public Optional<LatencyCurve> measure(TensorNetwork network, int executors, int threads)
      throws TensorNetwork.Unrunnable, InterruptedException {
    TreeMap<Integer, Long> times = new TreeMap<>();
    int size = 1;
    boolean more = true;
    while (more) {
      Optional<Long> nanos = median(network, executors, inputs(size));
      if (nanos.isEmpty()) {
        return Optional.empty();
      }
      times.put(size, nanos.get());
      more = size < maxBatch && 2 * nanos.get() < LONG_RUN_NANOS;
      size = Math.min(2 * size, maxBatch);
    }
    return Optional.of(new LatencyCurve(executors, threads, times));
  }

  /** Runs each size once: the first run of each plans its memory. */
  public void warm(TensorNetwork network) throws TensorNetwork.Unrunnable {
    for (int size = 1; size <= maxBatch; size *= 2) {
      network.run(inputs(size), outputs(network));
    }
  }

  private static Set<String> outputs(TensorNetwork network) {
    return network.outputs().stream().map(TensorSpec::name).collect(Collectors.toSet());
  }

  private List<TypedTensor> inputs(int size) {
    ByteBuffer data = ByteBuffer.allocateDirect(size * image.data().remaining());
    for (int i = 0; i < size; i++) {
      data.put(image.data());
    }
    List<Long> shape = TensorShapes.ofBatch(image.shape(), size);
    return List.of(new TypedTensor.Numbers(image.name(), image.type(), shape, data.flip()));
  }

  /** The first run of each thread plans its memory, and is not counted. */
  private Optional<Long> median(TensorNetwork network, int executors, List<TypedTensor> inputs)
      throws TensorNetwork.Unrunnable, InterruptedException {
    Set<String> outputs = outputs(network);
    CyclicBarrier begin = new CyclicBarrier(executors);
    Callable<List<Long>> runs =
        () -> {
          begin.await();
          network.run(inputs, outputs);
          return times(network, inputs, outputs);
        };
    ExecutorService threads =
        Executors.newFixedThreadPool(executors, DaemonThreads.named("lapidary-measure"));
    try {
      List<Long> all = new ArrayList<>();
      boolean whole = true;
      for (Future<List<Long>> each : threads.invokeAll(Collections.nCopies(executors, runs))) {
        whole &= !each.get().isEmpty();
        all.addAll(each.get());
      }
      Collections.sort(all);
      return whole ? Optional.of(all.get(all.size() / 2)) : Optional.empty();
    } catch (ExecutionException e) {
      throw new TensorNetwork.Unrunnable(
          "a run failed while it was measured", Objects.requireNonNullElse(e.getCause(), e));
    } finally {
      threads.shutdownNow();
    }
  }

  /** Of each run; none if it was not alone all the time. */
  private List<Long> times(TensorNetwork network, List<TypedTensor> inputs, Set<String> outputs)
      throws TensorNetwork.Unrunnable {
    List<Long> nanos = new ArrayList<>();
    long until = System.nanoTime() + SIZE_NANOS;
    while (alone.getAsBoolean() && (nanos.size() < FEWEST_RUNS || System.nanoTime() < until)) {
      long began = System.nanoTime();
      network.run(inputs, outputs);
      nanos.add(System.nanoTime() - began);
    }
    return alone.getAsBoolean() ? nanos : List.of();
  }
}
