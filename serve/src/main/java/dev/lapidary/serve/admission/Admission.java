package dev.lapidary.serve.admission;

import dev.lapidary.runtime.batch.Deadline;
import java.time.Duration;

/**
 * The bound of everything that is accepted and not yet answered: bytes of request bodies, as they
 * arrive, and images. A request is admitted as a whole while there is room for one image, so that
 * one of many images finds its place as one of a single image does; hence the images held exceed
 * the bound by less than one request's. What waits anywhere (to be decoded, batched, run) holds a
 * permit, so no queue behind this one needs a bound of its own. Thread-safe.
 */
public final class Admission {
  private final int maxImages;
  private final long maxBytes;
  private int requests;
  private int images;
  private long bytes;
  private long unreadBytes;
  private long pixels;

  public Admission(int maxImages, long maxBytes) {
    this.maxImages = maxImages;
    this.maxBytes = maxBytes;
  }

  /** What one request holds, until it is closed. */
  public final class Permit implements AutoCloseable {
    private boolean closed;
    private boolean admitted;
    private int ownImages;
    private long ownBytes;
    private long ownPixels;

    private Permit() {}

    /**
     * Holds so many bytes from here on, more than before or less; or leaves all as it is, and
     * returns false, if there is no room.
     */
    public boolean hold(long total) {
      synchronized (Admission.this) {
        if (closed || (total > ownBytes && bytes - ownBytes + total > maxBytes)) {
          return false;
        }
        bytes += total - ownBytes;
        unreadBytes += admitted ? 0 : total - ownBytes;
        ownBytes = total;
        return true;
      }
    }

    /**
     * Admits all images of the request, or none if there is no room for one.
     *
     * @param imagePixels of all together, which are to be decoded
     */
    public boolean admit(int imageCount, long imagePixels) {
      synchronized (Admission.this) {
        if (closed || images >= maxImages) {
          return false;
        }
        if (!admitted) {
          admitted = true;
          unreadBytes -= ownBytes;
        }
        images += imageCount;
        ownImages += imageCount;
        pixels += imagePixels;
        ownPixels += imagePixels;
        return true;
      }
    }

    /** So many of the pixels are decoded, or will never be. */
    public void decoded(long imagePixels) {
      synchronized (Admission.this) {
        if (!closed) {
          pixels -= imagePixels;
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
        images -= ownImages;
        bytes -= ownBytes;
        unreadBytes -= admitted ? 0 : ownBytes;
        pixels -= ownPixels;
        Admission.this.notifyAll();
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
   * What is to be worked off.
   *
   * @param room for so many images more: what is read beyond it will be refused
   */
  public record Backlog(Held held, int room) {}

  /** Of a request that is to be read; holds nothing but the server's end. */
  public synchronized Permit open() {
    requests++;
    return new Permit();
  }

  /** Waits until nothing is held. Returns false if the time passed before. */
  public synchronized boolean awaitEmpty(Duration time) throws InterruptedException {
    Deadline deadline = Deadline.after(time);
    while (requests > 0) {
      long millis = deadline.leftNanos() / 1_000_000;
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  public synchronized Held held() {
    return new Held(requests, images, pixels, bytes, unreadBytes);
  }

  public synchronized Backlog backlog() {
    return new Backlog(held(), Math.max(0, maxImages - images));
  }

  /** Whether no image is admitted now. */
  public synchronized boolean isFull() {
    return images >= maxImages;
  }
}
