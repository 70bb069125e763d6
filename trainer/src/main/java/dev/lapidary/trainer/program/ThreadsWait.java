package dev.lapidary.trainer.program;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.Map;

/**
 * What libtorch's threads do between two operators, while they have nothing to do. It changes no
 * bit of a result. GNU's OpenMP runtime, which libtorch brings for Linux, reads it from the
 * environment when it is loaded (libgomp's manual, {@code OMP_WAIT_POLICY} and {@code
 * GOMP_SPINCOUNT}), so it is said to this process before that; on other systems it says nothing.
 */
public enum ThreadsWait {
  /**
   * They spin, some milliseconds: the most speed for small networks on a machine that does nothing
   * else, and little where others want its processors.
   */
  ACTIVE("GOMP_SPINCOUNT", "300000"),

  /** They spin for as long as the next operator usually takes to come, then they sleep. */
  BRIEF("GOMP_SPINCOUNT", "1000"),

  /** They sleep at once. */
  PASSIVE("OMP_WAIT_POLICY", "passive");

  private static final int KEEP = 0;

  private final String variable;
  private final String value;

  ThreadsWait(String variable, String value) {
    this.variable = variable;
    this.value = value;
  }

  /**
   * Says it to this process, whose libtorch is not loaded yet. What its user has said in the
   * environment stays, and so does what was said here before.
   */
  public void apply() {
    Map<String, String> given = System.getenv();
    boolean decided = given.containsKey("OMP_WAIT_POLICY") || given.containsKey("GOMP_SPINCOUNT");
    if (Platform.isLinux() && !decided && !isSaid()) {
      library().getFunction("setenv").invokeInt(new Object[] {variable, value, KEEP});
    }
  }

  /** Java's view of the environment is that of its start. */
  private static boolean isSaid() {
    Function getenv = library().getFunction("getenv");
    return getenv.invokePointer(new Object[] {"OMP_WAIT_POLICY"}) != null
        || getenv.invokePointer(new Object[] {"GOMP_SPINCOUNT"}) != null;
  }

  private static NativeLibrary library() {
    return NativeLibrary.getInstance("c");
  }
}
