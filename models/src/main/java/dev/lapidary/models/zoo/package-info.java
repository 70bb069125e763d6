/**
 * The networks: torchvision's architectures, born as TorchScript archives whose text is generated
 * here. Entry point: {@link dev.lapidary.models.zoo.Zoo}. Depends on archives, tensors and
 * preprocessing; must not depend on how archives are read, trained or exported.
 */
@NullMarked
package dev.lapidary.models.zoo;

import org.jspecify.annotations.NullMarked;
