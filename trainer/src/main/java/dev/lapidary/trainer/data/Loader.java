package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongUnaryOperator;

/**
 * Makes batches ahead of their use: decode, view and normalize on all threads, a bounded number of
 * batches in flight, handed out in order. The bytes of a batch do not depend on the threads.
 */
public final class Loader implements AutoCloseable {
  /** Batches in work or ready beyond the one in use. */
  private static final int AHEAD = 3;

  private final Dataset data;
  private final Preprocessor preprocessor;
  private final View view;
  private final ImageCache cache;
  private final ExecutorService workers;

  /**
   * @param view {@link View#evaluation} or an augmentation
   * @param cacheBytes of decoded images to keep in memory; 0: none
   */
  public Loader(Dataset data, Preprocessor preprocessor, View view, int threads, long cacheBytes) {
    this.data = data;
    this.preprocessor = preprocessor;
    this.view = view;
    this.cache = new ImageCache(cacheBytes);
    AtomicInteger number = new AtomicInteger();
    this.workers =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "data-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Of images as evaluation sees them. */
  public static Loader evaluation(Dataset data, Preprocessing rule, int threads, long cacheBytes) {
    Preprocessor preprocessor = Preprocessor.of(rule);
    return new Loader(data, preprocessor, View.evaluation(preprocessor), threads, cacheBytes);
  }

  /**
   * The batches of one epoch, the last one maybe smaller.
   *
   * @param order positions in the dataset, as {@link EpochOrder} gives them
   * @param epoch of the random decisions
   * @param firstBatch how many batches to leave out at the start, to go on within an epoch
   */
  public Batches batches(int[] order, int batchSize, long epoch, int firstBatch) {
    return new Batches(order.clone(), batchSize, epoch, firstBatch, n -> n);
  }

  /** All, in the dataset's own order. */
  public Batches inOrder(int batchSize, long epoch) {
    return batches(EpochOrder.AS_LISTED.samples(data, 0, 0), batchSize, epoch, 0);
  }

  /**
   * Some batches of an epoch.
   *
   * @param order positions of their samples
   * @param number of the n-th of them, from 0, in the epoch: what random decisions about a whole
   *     batch depend on
   */
  public Batches some(int[] order, int batchSize, long epoch, LongUnaryOperator number) {
    return new Batches(order.clone(), batchSize, epoch, 0, number);
  }

  /** Stops the threads; batches asked for afterwards fail. */
  @Override
  public void close() {
    workers.shutdownNow();
  }

  /** One epoch, for one thread. */
  public final class Batches implements BatchSource {
    private final int[] order;
    private final int batchSize;
    private final long epoch;
    private final LongUnaryOperator number;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private final Deque<float[]> free = new ArrayDeque<>();
    private float[] inUse = new float[0];
    private final long[] draws;
    private int nextStart;
    private int handedOut;

    private Batches(
        int[] order, int batchSize, long epoch, int firstBatch, LongUnaryOperator number) {
      if (batchSize < 1 || firstBatch < 0) {
        throw new IllegalArgumentException(
            "batch size %d, first batch %d".formatted(batchSize, firstBatch));
      }
      this.order = order;
      this.batchSize = batchSize;
      this.epoch = epoch;
      this.number = number;
      this.draws = draws(order);
      this.handedOut = firstBatch;
      this.nextStart = (int) Math.min(order.length, (long) firstBatch * batchSize);
      fill();
    }

    /** Batches of the whole epoch, with those left out at the start. */
    public int total() {
      return (order.length + batchSize - 1) / batchSize;
    }

    @Override
    public boolean hasNext() {
      return !pending.isEmpty();
    }

    /**
     * Waits for the next batch.
     *
     * @throws Failure (exit 1) if an image has become unreadable since the first scan
     */
    @Override
    public Batch next() {
      if (inUse.length > 0) {
        free.add(inUse);
      }
      fill();
      Pending next = pending.poll();
      if (next == null) {
        throw new NoSuchElementException("the epoch has no more batches");
      }
      Batch batch = next.await();
      inUse = batch.images();
      return view.mixed(batch, epoch, number.applyAsLong(handedOut++));
    }

    /** Drops what is in flight; needed only if the epoch was not gone through. */
    @Override
    public void close() {
      pending.forEach(Pending::cancel);
      pending.clear();
    }

    private void fill() {
      while (pending.size() < AHEAD && nextStart < order.length) {
        int end = Math.min(order.length, nextStart + batchSize);
        pending.add(submit(nextStart, end));
        nextStart = end;
      }
    }

    private Pending submit(int start, int end) {
      int length = preprocessor.rule().inputLength();
      float[] recycled = free.poll();
      float[] images = recycled == null ? new float[batchSize * length] : recycled;
      int[] samples = new int[end - start];
      List<Future<?>> jobs = new ArrayList<>();
      for (int i = 0; i < samples.length; i++) {
        int sample = order[start + i];
        long draw = draws[start + i];
        int offset = i * length;
        samples[i] = sample;
        jobs.add(workers.submit(() -> prepare(sample, epoch, draw, images, offset)));
      }
      return new Pending(new Batch(images, data.targets(samples), samples), jobs);
    }
  }

  /** A sample's own number, or another for each time that it comes again. */
  private long[] draws(int[] order) {
    int[] times = new int[data.size()];
    long[] draws = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      draws[i] = order[i] + (long) times[order[i]]++ * data.size();
    }
    return draws;
  }

  private void prepare(int position, long epoch, long draw, float[] images, int offset) {
    Sample sample = data.samples().get(position);
    try {
      RgbImage image =
          cache.get(position, () -> data.pictures().image(sample, preprocessor.rule().alpha()));
      preprocessor.normalize(view.of(image, epoch, draw), images, offset);
      view.normalized(images, offset, epoch, draw);
    } catch (UndecodableImage | IOException e) {
      throw Failure.failed(
          "[%s] the image could be read at the start and cannot now: %s", sample.name(), e);
    }
  }

  private record Pending(Batch batch, List<Future<?>> jobs) {
    Batch await() {
      try {
        for (Future<?> job : jobs) {
          job.get();
        }
        return batch;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted while waiting for images");
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Failure failure) {
          throw failure;
        }
        throw new IllegalStateException("preparing an image failed", e.getCause());
      }
    }

    void cancel() {
      jobs.forEach(job -> job.cancel(true));
    }
  }
}
