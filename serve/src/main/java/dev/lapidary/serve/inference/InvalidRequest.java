package dev.lapidary.serve.inference;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;

/** A request that is not what the protocol or the model takes; the message says what is. */
public final class InvalidRequest extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @FormatMethod
  public InvalidRequest(@FormatString String format, Object... arguments) {
    super(String.format(format, arguments), null, false, false); // no fault of ours to be traced
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
