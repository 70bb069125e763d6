/**
 * Programs of {@code torch.export} ({@code .pt2}): read as validated records and printed as
 * TorchScript archives. Start reading at {@link dev.lapidary.torchscript.pt2.NetworkFile}.
 */
@NullMarked
package dev.lapidary.torchscript.pt2;

import org.jspecify.annotations.NullMarked;
