package dev.lapidary.torchscript.archive;

import java.util.List;

/**
 * What {@code torch.save} saved. It may be deep and contain itself: whoever walks it must look for
 * that.
 *
 * @param notMade what the pickle would make in Python and is not made here, by name, at most a few
 *     dozen: {@code pathlib.PosixPath}
 */
public record SavedObject(PyValue value, List<String> notMade) {
  public SavedObject {
    notMade = List.copyOf(notMade);
  }
}
