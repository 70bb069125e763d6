package dev.lapidary.core.image;

/** What becomes of a program's work whose data hold images that cannot be read. */
public enum OnBadImage {
  /** Refused, all of them named. */
  FAIL,
  /** Left out, counted and named. */
  SKIP
}
