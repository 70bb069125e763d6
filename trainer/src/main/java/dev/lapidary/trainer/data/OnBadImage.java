package dev.lapidary.trainer.data;

/** What becomes of a run whose data hold images that cannot be read. */
public enum OnBadImage {
  /** Refused, all of them named. */
  FAIL,
  /** Left out, counted and recorded. */
  SKIP
}
