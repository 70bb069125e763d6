package dev.lapidary.trainer.augment;

/**
 * From an output position to the input's, both in pixels with centres at halves: {@code x = a u + b
 * v + c}, {@code y = d u + e v + f}.
 */
record InverseAffine(double a, double b, double c, double d, double e, double f) {
  private static final double DIGITS_15 = 1e15;

  /** Pillow's {@code Image.rotate} about the centre, counter-clockwise. */
  static InverseAffine rotation(double degrees, int width, int height) {
    double turn = degrees % 360;
    double angle = -Math.toRadians(turn < 0 ? turn + 360 : turn);
    double cos = Math.rint(StrictMath.cos(angle) * DIGITS_15) / DIGITS_15;
    double sin = Math.rint(StrictMath.sin(angle) * DIGITS_15) / DIGITS_15;
    double x = width / 2.0;
    double y = height / 2.0;
    return new InverseAffine(
        cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y);
  }

  /**
   * torchvision's {@code F.affine}: shear, then turn clockwise, scale and move, about a centre.
   *
   * @param moveX pixels to the right
   * @param moveY pixels down
   * @param shearX degrees along x
   * @param shearY degrees along y
   */
  static InverseAffine of(
      double centreX,
      double centreY,
      double degrees,
      double moveX,
      double moveY,
      double scale,
      double shearX,
      double shearY) {
    double turn = Math.toRadians(degrees);
    double sx = Math.toRadians(shearX);
    double sy = Math.toRadians(shearY);
    double cosTurn = StrictMath.cos(turn - sy);
    double sinTurn = StrictMath.sin(turn - sy);
    double cosY = StrictMath.cos(sy);
    double tanX = StrictMath.tan(sx);
    double a = cosTurn / cosY;
    double b = -cosTurn * tanX / cosY - StrictMath.sin(turn);
    double c = sinTurn / cosY;
    double d = -sinTurn * tanX / cosY + StrictMath.cos(turn);
    // The inverse of a matrix whose determinant is scale squared.
    double m0 = d / scale;
    double m1 = -b / scale;
    double m3 = -c / scale;
    double m4 = a / scale;
    return new InverseAffine(
        m0,
        m1,
        m0 * (-centreX - moveX) + m1 * (-centreY - moveY) + centreX,
        m3,
        m4,
        m3 * (-centreX - moveX) + m4 * (-centreY - moveY) + centreY);
  }
}
