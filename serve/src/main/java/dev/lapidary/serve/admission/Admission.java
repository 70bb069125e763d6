package dev.lapidary.serve.admission;

import dev.lapidary.runtime.batch.Deadline;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The bound of everything that is accepted and not yet answered: bytes of request bodies, as they
 * arrive, and images. A request is admitted as a whole while there is room for one image, so that
 * one of many images finds its place as one of a single image does; hence the images held exceed
 * the bound by less than one request's. What waits anywhere (to be decoded, batched, run) holds a
 * permit, so no queue behind this one needs a bound of its own.
 *
 * <p>Where there are priorities, the last of them may fill half of it, the first all, and those
 * between them so much more each: who is less urgent is refused first. Thread-safe.
 */
public final class Admission {
  private final int maxImages;
  private final long maxBytes;
  private final PriorityCounts counts;
  private final int levels;
  private int requests;
  private long bytes;

  /** By priority, from 1 on. */
  private final int[] images;

  private final long[] unreadBytes;
  private final long[] pixels;

  /** Of each model, by priority; none of a model that has none. */
  private final Map<Pace, int[]> imagesOfModel = new HashMap<>();

  public Admission(int maxImages, long maxBytes) {
    this(maxImages, maxBytes, new PriorityCounts(List.of(nanos -> {})));
  }

  /**
   * @param counts of the priorities that there are; of one, all requests have the same
   */
  public Admission(int maxImages, long maxBytes, PriorityCounts counts) {
    this.maxImages = maxImages;
    this.maxBytes = maxBytes;
    this.counts = counts;
    this.levels = counts.levels();
    this.images = new int[levels + 1];
    this.unreadBytes = new long[levels + 1];
    this.pixels = new long[levels + 1];
  }

  private int[] imagesOf(Pace pace) {
    return imagesOfModel.computeIfAbsent(pace, p -> new int[levels + 1]);
  }

  /** What a priority may fill. */
  private double share(int priority) {
    return levels == 1 ? 1 : 1 - 0.5 * (priority - 1) / (levels - 1);
  }

  private int maxImages(int priority) {
    return Math.max(1, (int) (maxImages * share(priority)));
  }

  private int images() {
    return sum(images, levels);
  }

  /** Of the priorities from 1 to this one. */
  private static int sum(int[] counts, int priority) {
    int sum = 0;
    for (int level = 1; level <= priority; level++) {
      sum += counts[level];
    }
    return sum;
  }

  /** What one request holds, until it is closed. */
  public final class Permit implements AutoCloseable {
    private boolean closed;
    private boolean admitted;
    private int priority;
    private Optional<Pace> model = Optional.empty();
    private int ownImages;
    private long ownBytes;
    private long ownPixels;
    private long admittedNanos;

    private Permit(int priority) {
      this.priority = priority;
    }

    /**
     * Holds so many bytes from here on, more than before or less; or leaves all as it is, and
     * returns false, if there is no room.
     */
    public boolean hold(long total) {
      synchronized (Admission.this) {
        long maximum = (long) (maxBytes * share(priority));
        if (closed || (total > ownBytes && bytes - ownBytes + total > maximum)) {
          return false;
        }
        bytes += total - ownBytes;
        unreadBytes[priority] += admitted ? 0 : total - ownBytes;
        ownBytes = total;
        return true;
      }
    }

    /**
     * Admits all images of the request, or none if there is no room for one.
     *
     * @param pace of the model that they are for, the same one each time
     * @param imagePixels of all together, which are to be decoded
     * @param known the request's priority, which may not have been known before
     */
    public boolean admit(Pace pace, int imageCount, long imagePixels, int known) {
      synchronized (Admission.this) {
        if (closed) {
          return false;
        }
        if (isFull(known) || (levels > 1 && bytes > maxBytes * share(known))) {
          refuse(known);
          return false;
        }
        if (!admitted) {
          admitted = true;
          unreadBytes[priority] -= ownBytes;
          priority = known;
          admittedNanos = System.nanoTime();
        }
        images[priority] += imageCount;
        model = Optional.of(pace);
        imagesOf(pace)[priority] += imageCount;
        ownImages += imageCount;
        pixels[priority] += imagePixels;
        ownPixels += imagePixels;
        counts.admitted(priority, imageCount);
        return true;
      }
    }

    /** So many of the pixels are decoded, or will never be. */
    public void decoded(long imagePixels) {
      synchronized (Admission.this) {
        if (!closed) {
          pixels[priority] -= imagePixels;
          ownPixels -= imagePixels;
        }
      }
    }

    /** Gives back; a second call does nothing. */
    @Override
    public void close() {
      synchronized (Admission.this) {
        if (closed) {
          return;
        }
        closed = true;
        requests--;
        images[priority] -= ownImages;
        model.ifPresent(this::leave);
        bytes -= ownBytes;
        unreadBytes[priority] -= admitted ? 0 : ownBytes;
        pixels[priority] -= ownPixels;
        if (admitted) {
          counts.ended(priority, System.nanoTime() - admittedNanos);
        }
        Admission.this.notifyAll();
      }
    }

    private void leave(Pace pace) {
      int[] own = imagesOf(pace);
      own[priority] -= ownImages;
      if (sum(own, levels) == 0) { // else a model that is unloaded stays here
        imagesOfModel.remove(pace);
      }
    }
  }

  /**
   * What is held at one moment.
   *
   * @param requests whose answer is not found yet
   * @param images of them
   * @param pixels of these that are not decoded yet
   * @param bytes of their bodies
   * @param unreadBytes of these whose images are not admitted yet
   */
  public record Held(int requests, int images, long pixels, long bytes, long unreadBytes) {}

  /**
   * What one model's answers wait for: its own images, and all that is to be read and decoded.
   *
   * @param room for so many images more: what is read beyond it will be refused
   */
  public record Backlog(Held held, int room) {
    /** Nothing of the model is in flight that its requests of this priority would wait for. */
    public boolean isEmpty() {
      return held.images() == 0;
    }
  }

  /** Of a request that is to be read; holds nothing but the server's end. */
  public Permit open() {
    return open(1);
  }

  /**
   * The same of a priority that is known before it is read; of 1 where it may be any.
   *
   * @param priority from 1, the highest, on
   */
  public synchronized Permit open(int priority) {
    requests++;
    return new Permit(priority);
  }

  /** Waits until nothing is held. Returns false if the time passed before. */
  public synchronized boolean awaitEmpty(Duration time) throws InterruptedException {
    return Deadline.after(time).await(this, () -> requests == 0);
  }

  public synchronized Held held() {
    return held(levels, images());
  }

  /** Of this priority and of higher ones. */
  private Held held(int priority, int ownImages) {
    long ownPixels = 0;
    long ownUnread = 0;
    for (int level = 1; level <= priority; level++) {
      ownPixels += pixels[level];
      ownUnread += unreadBytes[level];
    }
    return new Held(requests, ownImages, ownPixels, bytes, ownUnread);
  }

  /** Of one priority alone. */
  public synchronized int imagesOf(int priority) {
    return images[priority];
  }

  /** Of these, that are not decoded yet. */
  public synchronized long pixelsOf(int priority) {
    return pixels[priority];
  }

  public Backlog backlog(Pace pace) {
    return backlog(pace, levels);
  }

  /** What a request of this priority waits for: what is as urgent, or more. */
  public synchronized Backlog backlog(Pace pace, int priority) {
    int own = imagesOfModel.containsKey(pace) ? sum(imagesOf(pace), priority) : 0;
    return new Backlog(held(priority, own), Math.max(0, maxImages(priority) - images()));
  }

  /** Whether no image of this priority is admitted now. */
  public synchronized boolean isFull(int priority) {
    return images() >= maxImages(priority);
  }

  /** A request was told that there is no room or no time for it. */
  public void refuse(int priority) {
    counts.refused(priority);
  }
}
