package dev.lapidary.serve.admission;

import dev.lapidary.runtime.batch.BatchStatistics;
import dev.lapidary.runtime.batch.TimeHistogram;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * How long decoding and running have taken of late, and how long a backlog will take. Decoding and
 * running go on at the same time, on the same processors, and are timed so; what is slower decides
 * when a backlog is worked off. Thread-safe.
 */
public final class Pace {
  /** Weight of the newest body in the running mean: the last 10 or so decide. */
  private static final double NEWEST = 0.1;

  /**
   * So much decoding halves the weight of what was before it. Images are remembered by their time,
   * not their number: one large image says more than the small ones that were decoded as fast.
   */
  private static final double HALF_LIFE_NANOS = 1e9;

  /** What a file costs beside its pixels, in pixels: opening, tables, and preprocessing. */
  private static final long FILE_PIXELS = 20_000;

  /** Of bodies of which none is known yet. */
  private static final double PHOTOGRAPH_PIXELS_PER_BYTE = 5;

  private static final int PHOTOGRAPH_BYTES = 400_000;

  private final int decodeThreads;
  private final BatchStatistics runs;
  private final IntSupplier executors;
  private final TimeHistogram decodes = new TimeHistogram();
  private final Set<Decode> running = new HashSet<>();
  private double decodeNanos;
  private double decodeWeight;
  private double pixelsPerByte = PHOTOGRAPH_PIXELS_PER_BYTE;
  private double imagesPerByte = 1.0 / PHOTOGRAPH_BYTES;

  /**
   * @param executors that run the network beside each other
   */
  public Pace(int decodeThreads, BatchStatistics runs, IntSupplier executors) {
    this.decodeThreads = decodeThreads;
    this.runs = runs;
    this.executors = executors;
  }

  /** What an image weighs in {@link Admission}: its pixels, and what each file costs. */
  public static long weight(long pixels) {
    return pixels + FILE_PIXELS;
  }

  /** A body was read, and turned out to hold so many images. */
  public synchronized void read(long bytes, int images, long weight) {
    if (bytes > 0) {
      imagesPerByte += NEWEST * ((double) images / bytes - imagesPerByte);
      pixelsPerByte += NEWEST * ((double) weight / bytes - pixelsPerByte);
    }
  }

  /** One image, from now on until {@link #end}. */
  public final class Decode {
    private final long weight;
    private final long beganNanos;

    private Decode(long weight, long beganNanos) {
      this.weight = weight;
      this.beganNanos = beganNanos;
    }

    /** It was decoded and preprocessed. */
    public void end() {
      long nanos = System.nanoTime() - beganNanos;
      decodes.add(nanos);
      leave(this);
      decoded(weight, nanos);
    }

    /** It turned out to be no image, which says nothing of the others. */
    public void fail() {
      leave(this);
    }
  }

  /** A thread begins to decode an image. */
  public Decode begin(long weight) {
    return begin(weight, System.nanoTime());
  }

  synchronized Decode begin(long weight, long nowNanos) {
    Decode decode = new Decode(weight, nowNanos);
    running.add(decode);
    return decode;
  }

  private synchronized void leave(Decode decode) {
    running.remove(decode);
  }

  /** Decoding so much takes a thread so long. */
  public synchronized void decoded(long weight, long nanos) {
    double keep = Math.pow(0.5, nanos / HALF_LIFE_NANOS);
    decodeNanos = keep * decodeNanos + nanos;
    decodeWeight = keep * decodeWeight + weight;
  }

  /** One thread's time for so much. */
  public long decodeNanos(long weight) {
    return decodeNanos(weight, System.nanoTime());
  }

  /**
   * As it was, or slower, where the images that are being decoded now have taken longer already:
   * the first large ones of a burst tell before they are done.
   */
  synchronized long decodeNanos(long weight, long nowNanos) {
    double nanos = decodeNanos;
    double all = decodeWeight;
    for (Decode each : running) {
      nanos += nowNanos - each.beganNanos;
      all += each.weight;
    }
    double before = decodeWeight == 0 ? 0 : decodeNanos / decodeWeight;
    return (long) (weight * Math.max(before, all == 0 ? 0 : nanos / all));
  }

  /** The network's time for so many images, as the last ones of that number took. */
  public long runNanos(int images) {
    return (long) (images * runs.nanosPerImage(images).orElse(0) / executors.getAsInt());
  }

  /**
   * Until all of it is answered, if nothing comes in between. Bodies that are not read yet count as
   * those before them did, as far as there is room for their images: the others will be refused,
   * which takes no time.
   */
  public synchronized long backlogNanos(Admission.Backlog backlog) {
    Admission.Held held = backlog.held();
    double coming = held.unreadBytes() * imagesPerByte;
    double share = coming == 0 ? 0 : Math.min(1, backlog.room() / coming);
    long pixels = (long) (share * held.unreadBytes() * pixelsPerByte);
    return Math.max(
        decodeNanos(held.pixels() + pixels) / decodeThreads,
        runNanos(held.images() + (int) (share * coming)));
  }

  /** The same with one more request behind it. */
  public long backlogNanos(Admission.Backlog backlog, int images, long weight) {
    Admission.Held held = backlog.held();
    Admission.Held all =
        new Admission.Held(
            held.requests() + 1,
            held.images() + images,
            held.pixels() + weight,
            held.bytes(),
            held.unreadBytes());
    return backlogNanos(new Admission.Backlog(all, backlog.room()))
        + Math.min(decodeNanos(weight) / Math.min(images, decodeThreads), runNanos(images));
  }
}
