package dev.lapidary.spark.train;

/**
 * What a cluster's rounds cost beside its network, as {@code spark measure} finds it.
 *
 * @param jobSeconds a round's, whatever is in it
 * @param taskSeconds the driver's for each task
 * @param bytesASecond that a process packs, copies and unpacks
 */
public record ClusterSpeed(double jobSeconds, double taskSeconds, double bytesASecond) {
  /**
   * What {@code spark measure --master local-cluster[2,1,2048]} printed on two cores, which driver
   * and executors share (docs/spark.md); a cluster's own are to be measured.
   */
  public static final ClusterSpeed USUAL = new ClusterSpeed(0.2, 0.00507, 890e6);
}
