/** Tensors as PyTorch has them: element types, shared storages, strided views. */
@NullMarked
package dev.lapidary.core.tensor;

import org.jspecify.annotations.NullMarked;
