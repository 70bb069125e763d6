/**
 * TorchScript archives as data: zip records, pickles, objects; and what {@code torch.save} writes.
 * Start reading at {@link dev.lapidary.torchscript.archive.ArchiveReader}. It must not depend on
 * what the text in an archive means, nor on libtorch.
 */
@NullMarked
package dev.lapidary.torchscript.archive;

import org.jspecify.annotations.NullMarked;
