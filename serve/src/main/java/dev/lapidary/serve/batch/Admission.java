package dev.lapidary.serve.batch;

import java.time.Duration;
import java.util.Optional;

/**
 * The bound of everything that is accepted and not yet answered, in images and in bytes of request
 * bodies. Both are taken in one step, so that no interleaving exceeds either. What waits anywhere
 * (to be read, decoded, batched, run) holds a permit, hence no queue behind this one needs a bound
 * of its own. Thread-safe.
 */
public final class Admission {
  private final int maxImages;
  private final long maxBytes;
  private int images;
  private long bytes;

  public Admission(int maxImages, long maxBytes) {
    this.maxImages = maxImages;
    this.maxBytes = maxBytes;
  }

  /** What one request holds, until it is closed. */
  public final class Permit implements AutoCloseable {
    private int ownImages;
    private long ownBytes;

    /** Holds {@code more} images too, or leaves all as it is. */
    public boolean extend(int more) {
      synchronized (Admission.this) {
        if (images + (long) more > maxImages) {
          return false;
        }
        images += more;
        ownImages += more;
        return true;
      }
    }

    /** Gives back; a second call does nothing. */
    @Override
    public void close() {
      synchronized (Admission.this) {
        images -= ownImages;
        bytes -= ownBytes;
        ownImages = 0;
        ownBytes = 0;
        Admission.this.notifyAll();
      }
    }
  }

  /** Takes both or nothing. */
  public synchronized Optional<Permit> admit(int wantedImages, long wantedBytes) {
    Permit permit = new Permit();
    if (bytes + wantedBytes > maxBytes || !permit.extend(wantedImages)) {
      return Optional.empty();
    }
    bytes += wantedBytes;
    permit.ownBytes = wantedBytes;
    return Optional.of(permit);
  }

  /** Waits until nothing is held. Returns false if the time passed before. */
  public synchronized boolean awaitEmpty(Duration time) throws InterruptedException {
    Deadline deadline = Deadline.after(time);
    while (images > 0 || bytes > 0) {
      long millis = deadline.leftNanos() / 1_000_000;
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  /** Images that are held now. */
  public synchronized int images() {
    return images;
  }

  /** Bytes that are held now. */
  public synchronized long bytes() {
    return bytes;
  }

  public int maxImages() {
    return maxImages;
  }

  public long maxBytes() {
    return maxBytes;
  }
}
